import { PalimpsestError, type StorageEngine } from "@palimpsest/core";
import { z } from "zod";
import type { DriverEntry } from "./driver-entry.ts";
import { prepareFolder } from "./prepare-folder.ts";

/** Options by driver name; a new driver adds its options here and one line below. */
export interface StoreOptions {
  readonly memory: Readonly<Record<never, never>>;
  readonly sqlite: {
    /** The database file; a relative path starts at the configuration's base folder. */
    readonly path: string;
    readonly readOnly?: boolean;
    /** Fail with `E_NOT_FOUND` instead of creating the file. */
    readonly mustExist?: boolean;
    /** Milliseconds to wait for another process's write. */
    readonly lockTimeout?: number;
    /** `power`: a write survives power loss; `process`: only the death of processes. */
    readonly durability?: "power" | "process";
  };
  readonly mongodb: {
    /** A `mongodb://` or `mongodb+srv://` address; its password appears in no message. */
    readonly url: string;
    /** Left out: the address's, or `palimpsest`. */
    readonly database?: string;
    /** Collection of the documents; others are named after it. */
    readonly collection?: string;
  };
  readonly postgres: {
    /** A `postgres://` address; its password appears in no message. */
    readonly url: string;
    /** The schema that holds the store; `palimpsest` when left out. */
    readonly schema?: string;
    /** Most connections at a time. */
    readonly max?: number;
  };
}

export type StoreDriverName = keyof StoreOptions;

/** Every store driver this version has, imported when first opened. */
export const storeDrivers: {
  readonly [D in StoreDriverName]: DriverEntry<StoreOptions[D], StorageEngine>;
} = {
  memory: {
    schema: z.strictObject({}),
    address: (rest) => (rest === "" ? {} : badAddress("memory:", "takes nothing after the colon")),
    open: async (_, services) =>
      (await import("@palimpsest/core/memory")).openMemoryEngine(services),
  },
  sqlite: {
    schema: z.strictObject({
      path: z.string().min(1, "must name a file"),
      readOnly: z.boolean().exactOptional(),
      mustExist: z.boolean().exactOptional(),
      lockTimeout: z.int().min(0).exactOptional(),
      durability: z.enum(["power", "process"]).exactOptional(),
    }),
    address: sqlitePath,
    open: async (options, services) => {
      if (!options.mustExist && !options.readOnly) await prepareFolder(options.path);
      const { openSqlite } = await import("@palimpsest/drivers/sqlite");
      return openSqlite({ ...options, ...services });
    },
  },
  mongodb: {
    schema: z.strictObject({
      url: z.string().regex(/^mongodb(?:\+srv)?:\/\/./i, "must be a mongodb:// address"),
      database: z.string().exactOptional(),
      collection: z.string().exactOptional(),
    }),
    address: (rest, scheme) => ({ url: `${scheme}:${rest}` }),
    open: async (options, services) =>
      (await import("@palimpsest/drivers/mongodb")).openMongodb({ ...options, ...services }),
  },
  postgres: {
    schema: z.strictObject({
      url: z.string().regex(/^postgres(?:ql)?:\/\/./i, "must be a postgres:// address"),
      schema: z.string().exactOptional(),
      max: z.int().min(1).exactOptional(),
    }),
    address: (rest, scheme) => ({ url: `${scheme}:${rest}` }),
    open: async ({ url, ...options }, services) => {
      const { openPostgres } = await import("@palimpsest/drivers/postgres");
      return openPostgres({ connectionString: url, ...options, ...services });
    },
  },
};

/** Drivers of schemes that are not a driver's name. */
export const schemeDrivers: ReadonlyMap<string, StoreDriverName> = new Map([
  ["mongodb+srv", "mongodb"],
  ["postgresql", "postgres"],
]);

/** Names that are part of the design but not of this version, with the spellings their URLs use. */
export const plannedStoreDrivers: readonly string[] = ["redis", "rediss", "qdrant", "pinecone"];

/** `sqlite:rel`, `sqlite:/abs` and `sqlite:///abs`; `sqlite://name` could mean either and is refused. */
function sqlitePath(rest: string): { path: string } {
  const path = rest.startsWith("///") ? rest.slice(2) : rest;
  if (path === "") badAddress("sqlite:", "names no file; write for example sqlite:./memory.db");
  if (path === ":memory:") badAddress("sqlite::memory:", "is not offered; use memory: instead");
  if (path.startsWith("//")) {
    // Not repeated in the remedy: it may be a URL with a password.
    badAddress(`sqlite:${path}`, "is ambiguous; write sqlite:./<file> or sqlite:/<absolute path>");
  }
  return { path };
}

function badAddress(address: string, problem: string): never {
  throw new PalimpsestError("E_CONFIG", `the address ${address} ${problem}`);
}
