import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { PalimpsestError } from "@palimpsest/core";

export interface Flags {
  readonly once: boolean;
  readonly help: boolean;
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
type LogLevel = (typeof logLevels)[number];

export const usage = `usage: npm start [-- --once] [--port <number>]

Adopts the bundled LuminoraCore v1.1 database into .palimpsest/memory.db, shows what that cost,
then serves the HTTP API.

  --once         do all of it but serving, and exit
  --port <n>     port to serve on (also PORT; default 4710, 0 picks a free one)
  HOST           address to serve on (default 127.0.0.1; the API asks for no credentials)
  LOG_LEVEL      trace, debug, info (default), warn, error, fatal or silent
`;

/** @throws `E_INVALID_INPUT` for an unknown flag or a port, host or log level that is none */
export function parseFlags(args: readonly string[], env: NodeJS.ProcessEnv): Flags {
  const { values } = parse(args);
  const host = env["HOST"] || "127.0.0.1";
  if (isIP(host) === 0 && !/^[a-z0-9.-]+$/i.test(host)) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `HOST ${JSON.stringify(host)} is not an address or a host name`,
    );
  }
  return {
    once: values.once,
    help: values.help,
    host,
    port: port(values.port ?? env["PORT"]),
    logLevel: logLevel(env["LOG_LEVEL"]),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        once: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        port: { type: "string" },
      },
    });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.split(". ")[0] : String(cause);
    throw new PalimpsestError("E_INVALID_INPUT", `${problem}; see npm start -- --help`, { cause });
  }
}

function port(text: string | undefined): number {
  if (text === undefined || text === "") return 4710;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 65_535) return value;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `port ${JSON.stringify(text)} is not a number from 0 to 65535`,
  );
}

function logLevel(text: string | undefined): LogLevel {
  const level = logLevels.find((name) => name === (text || "info").toLowerCase());
  if (level !== undefined) return level;
  throw new PalimpsestError(
    "E_INVALID_INPUT",
    `LOG_LEVEL ${JSON.stringify(text)} is none of ${logLevels.join(", ")}`,
  );
}
