import type { Readable, Writable } from "node:stream";

/** The process as the command sees it, so that tests and other programs can stand in for it. */
export interface Host {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. */
  readonly cwd: string;
  /** Fires when the user wants the command to stop. */
  readonly signal: AbortSignal;
  /** From now on the user's wish to stop ends the process, without asking the command. */
  readonly stopAtOnce?: () => void;
}

export function print(host: Host, line: string): void {
  host.stdout.write(`${line}\n`);
}

/** Writes a text and waits until it is out. @returns false when its reader is gone or nothing more fits */
export function written(host: Host, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    // The host itself reports what a stream could not write; here it only must not look like success.
    host.stdout.write(text, (error) => resolve(!error));
  });
}

/** The one JSON value of a `--json` run. */
export function printJson(host: Host, value: unknown): void {
  print(host, JSON.stringify(value));
}

/** Logs and warnings; stdout stays free for results. */
export function note(host: Host, line: string): void {
  host.stderr.write(`${line}\n`);
}
