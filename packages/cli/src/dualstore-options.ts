import type { InspectOptions } from "@palimpsest/compat-v1/dual-store";
import { PalimpsestError } from "@palimpsest/core";
import type { Command } from "commander";
import type { Host } from "./host.ts";

/** Where a family of the older store lies. */
export interface DualstoreOptions {
  readonly family: string;
  readonly agent?: string;
  readonly mongo?: string;
  readonly chroma?: string;
  readonly database?: string;
  readonly textKey?: string;
  readonly timeKey?: string;
}

export function withDualstoreOptions(command: Command): Command {
  return command
    .requiredOption("--family <name>", "the Mongo collection, e.g. duck_sessions")
    .option("--agent <name>", "put before the family: --agent duck --family sessions")
    .option("--mongo <url>", "MongoDB (default: MONGODB_URI, else v1's own)")
    .option("--chroma <url>", "Chroma (default: CHROMA_URL, else v1's own)")
    .option("--database <name>", 'Mongo database (default: "database", as v1)')
    .option("--text-key <field>", "field of the text (default: found from the documents)")
    .option("--time-key <field>", "field of the time (default: found from the documents)");
}

export interface DualstoreSource {
  readonly family: string;
  readonly options: InspectOptions;
}

/** @throws `E_INVALID_INPUT` */
export function dualstoreSource(host: Host, given: DualstoreOptions): DualstoreSource {
  const { agent, mongo, chroma, database, textKey, timeKey } = given;
  if (given.family === "" || agent === "") {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      "--family and --agent must not be empty; name the Mongo collection, e.g. duck_sessions",
    );
  }
  return {
    family: agent === undefined ? given.family : `${agent}_${given.family}`,
    options: {
      env: host.env,
      ...(mongo !== undefined && { mongoUri: mongo }),
      ...(chroma !== undefined && { chromaUrl: chroma }),
      ...(database !== undefined && { databaseName: database }),
      ...(textKey !== undefined && { textKey }),
      ...(timeKey !== undefined && { timeKey }),
    },
  };
}
