import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Probe } from "./cache-child.ts";
import type { LibraryName } from "./libraries.ts";

/** A process of a probe. It is killed when it is disposed of, and with the benchmark. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #stop: () => void;
  readonly #ended: Promise<unknown>;
  #out = "";

  constructor(library: LibraryName, probe: Probe, url: string, fillMs: number) {
    // This very program again, built or not.
    const program = [...process.execArgv, process.argv[1]!];
    const parameters = [...program, "cache-child", library, probe, url, `${fillMs}`];
    this.#process = spawn(process.execPath, parameters, { stdio: ["pipe", "pipe", "ignore"] });
    this.#process.stdout?.on("data", (chunk) => (this.#out += String(chunk)));
    // Writing to a process that was just killed is no failure of the probe.
    this.#process.stdin?.on("error", () => undefined);
    this.#stop = () => void this.#process.kill("SIGKILL");
    process.once("exit", this.#stop);
    this.#ended = once(this.#process, "close");
  }

  get lines(): readonly string[] {
    return this.#out.split("\n");
  }

  get fills(): number {
    return this.lines.filter((line) => line === "fill").length;
  }

  async said(word: string): Promise<void> {
    while (!this.lines.includes(word) && this.#process.exitCode === null) {
      await Promise.race([once(this.#process.stdout!, "data"), this.#ended]);
    }
  }

  go(): void {
    this.#process.stdin?.write("go\n");
  }

  /** @returns all that it said */
  async end(): Promise<readonly string[]> {
    await this.#ended;
    return this.lines;
  }

  async kill(): Promise<void> {
    this.#stop();
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#stop);
    await this.kill();
  }
}
