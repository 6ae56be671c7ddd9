import type { ExitCode } from "./exit-code.ts";

/** Why a run was asked to stop; the reason of the host's signal. */
export class Stop {
  readonly name: "SIGINT" | "SIGTERM";
  readonly exitCode: ExitCode;

  constructor(name: "SIGINT" | "SIGTERM") {
    this.name = name;
    this.exitCode = name === "SIGINT" ? 130 : 143;
  }
}
