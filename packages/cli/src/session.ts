import type { ExitCode } from "./exit-code.ts";
import type { Host } from "./host.ts";

/** What a command gets: the process, and a way to end it with something other than 0. */
export interface Session {
  readonly host: Host;
  readonly exitWith: (code: ExitCode) => void;
}
