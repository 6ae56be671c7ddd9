import { exitCodeOf, systemCode } from "./exit-code.ts";
import { describeFailure } from "./failure.ts";
import type { Host } from "./host.ts";
import { Stop } from "./stop.ts";

/**
 * The real process. The first SIGINT or SIGTERM asks the command to stop, a second one ends it at
 * once. A reader that closes the pipe ends nothing but the writing.
 */
export function processHost(): Host {
  const controller = new AbortController();
  const askToStop = (name: NodeJS.Signals): void => {
    const stop = new Stop(name === "SIGINT" ? name : "SIGTERM");
    if (controller.signal.aborted) process.exit(stop.exitCode);
    controller.abort(stop);
  };
  process.on("SIGINT", askToStop).on("SIGTERM", askToStop);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error) => {
      if (systemCode(error) === "EPIPE") return;
      // Stdout on a full disk, say. What fails to be printed here was stderr itself.
      process.stderr.write(`${describeFailure(error, undefined)}\n`, () =>
        process.exit(exitCodeOf(error)),
      );
    });
  }
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    // npm starts scripts in the package's folder and says here where the user stood.
    cwd: process.env["INIT_CWD"] ?? process.cwd(),
    signal: controller.signal,
    stopAtOnce: () => void process.off("SIGINT", askToStop).off("SIGTERM", askToStop),
  };
}
