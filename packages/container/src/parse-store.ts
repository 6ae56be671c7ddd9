import { resolve } from "node:path";
import { PalimpsestError } from "@palimpsest/core";
import { checkOptions } from "./check-options.ts";
import type { StoreConfig } from "./config.ts";
import { didYouMean } from "./nearest.ts";
import { isRecord } from "./record.ts";
import {
  plannedStoreDrivers,
  schemeDrivers,
  type StoreDriverName,
  storeDrivers,
} from "./store-drivers.ts";

/** Where a value came from, for messages, and where its relative paths start. */
export interface Origin {
  readonly label: string;
  readonly baseDir: string;
}

/**
 * A store address or object, checked, with an absolute path.
 * @throws `E_CONFIG` for a typo or a missing field, `E_UNSUPPORTED` for an engine of a later version
 */
export function parseStore(input: unknown, origin: Origin): StoreConfig {
  const { label, baseDir } = origin;
  const { driver, ...options } =
    typeof input === "string" ? fromAddress(input, label) : fromObject(input, label);
  const schema = storeDrivers[driver].schema;
  const checked: object = checkOptions<object>(schema, options, `${label} (driver ${driver})`);
  const path = "path" in checked ? { path: resolve(baseDir, String(checked.path)) } : {};
  // The schema of this very driver was applied; TypeScript cannot follow the name to it.
  return { driver, ...checked, ...path } as StoreConfig;
}

type Unchecked = { readonly driver: StoreDriverName } & Readonly<Record<string, unknown>>;

function fromAddress(address: string, label: string): Unchecked {
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]+):(.*)$/is.exec(address) ?? [];
  if (scheme === undefined) {
    throw new PalimpsestError(
      "E_CONFIG",
      `${label}: ${JSON.stringify(address)} is not a store address; for a file write ${JSON.stringify(`sqlite:${address}`)}`,
    );
  }
  const lowerCase = scheme.toLowerCase();
  const driver = knownDriver(schemeDrivers.get(lowerCase) ?? lowerCase, label);
  const parse = storeDrivers[driver].address;
  if (parse === undefined) {
    throw new PalimpsestError("E_CONFIG", `${label}: ${driver} needs an object with its options`);
  }
  return { driver, ...parse(rest, lowerCase) };
}

function fromObject(input: unknown, label: string): Unchecked {
  if (!isRecord(input)) {
    throw new PalimpsestError("E_CONFIG", `${label} must be an address or an object`);
  }
  return { ...input, driver: knownDriver(input["driver"], label) };
}

function knownDriver(name: unknown, label: string): StoreDriverName {
  if (typeof name !== "string") {
    throw new PalimpsestError("E_CONFIG", `${label}: the field "driver" is missing`);
  }
  const known = Object.keys(storeDrivers);
  if (known.includes(name)) return name as StoreDriverName;
  const use = "use sqlite:<file> or memory:";
  if (plannedStoreDrivers.includes(name)) {
    throw new PalimpsestError(
      "E_UNSUPPORTED",
      `${label}: no ${name} driver in this version; ${use}`,
    );
  }
  const hint = didYouMean(name, [...known, ...plannedStoreDrivers]) || `; ${use}`;
  throw new PalimpsestError(
    "E_CONFIG",
    `${label}: unknown store driver ${JSON.stringify(name)}${hint}`,
  );
}
