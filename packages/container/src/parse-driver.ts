import { resolve } from "node:path";
import { PalimpsestError } from "@palimpsest/core";
import { checkOptions } from "./check-options.ts";
import type { DriverEntry } from "./driver-entry.ts";
import { didYouMean } from "./nearest.ts";
import { isRecord } from "./record.ts";

/** Where a value came from, for messages, and where its relative paths start. */
export interface Origin {
  readonly label: string;
  readonly baseDir: string;
}

/** Drivers to choose from, as a registry file lists them. */
export interface Registry<Name extends string> {
  /** In messages: `unknown store driver`. */
  readonly kind: string;
  readonly drivers: Readonly<
    Record<Name, Pick<DriverEntry<object, unknown>, "schema" | "address">>
  >;
  readonly schemes: ReadonlyMap<string, Name>;
  readonly planned: readonly string[];
  /** Drivers of another kind, and where they belong. */
  readonly misplaced: Readonly<Record<string, string>>;
  /** What to write instead of an unknown name. */
  readonly use: string;
}

export interface ParsedDriver<Name extends string> {
  readonly driver: Name;
  readonly options: object;
}

/**
 * An address or object, checked, with an absolute path.
 * @throws `E_CONFIG` for a typo or a missing field, `E_UNSUPPORTED` for an engine of a later version
 */
export function parseDriver<Name extends string>(
  registry: Registry<Name>,
  input: unknown,
  { label, baseDir }: Origin,
): ParsedDriver<Name> {
  const { driver, given } =
    typeof input === "string"
      ? fromAddress(registry, input, label)
      : fromObject(registry, input, label);
  const { schema } = registry.drivers[driver];
  const checked: object = checkOptions<object>(schema, given, `${label} (driver ${driver})`);
  const path = "path" in checked ? { path: resolve(baseDir, String(checked.path)) } : {};
  return { driver, options: { ...checked, ...path } };
}

interface Unchecked<Name extends string> {
  readonly driver: Name;
  readonly given: Readonly<Record<string, unknown>>;
}

function fromAddress<Name extends string>(
  registry: Registry<Name>,
  address: string,
  label: string,
): Unchecked<Name> {
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]+):(.*)$/is.exec(address) ?? [];
  if (scheme === undefined) {
    throw new PalimpsestError(
      "E_CONFIG",
      `${label}: ${JSON.stringify(address)} is not a ${registry.kind} address; for a file write ${JSON.stringify(`sqlite:${address}`)}`,
    );
  }
  const lowerCase = scheme.toLowerCase();
  const driver = knownDriver(registry, registry.schemes.get(lowerCase) ?? lowerCase, label);
  const parse = registry.drivers[driver].address;
  if (parse === undefined) {
    throw new PalimpsestError("E_CONFIG", `${label}: ${driver} needs an object with its options`);
  }
  return { driver, given: parse(rest, lowerCase) };
}

function fromObject<Name extends string>(
  registry: Registry<Name>,
  input: unknown,
  label: string,
): Unchecked<Name> {
  if (!isRecord(input)) {
    throw new PalimpsestError("E_CONFIG", `${label} must be an address or an object`);
  }
  const { driver, ...given } = input;
  return { driver: knownDriver(registry, driver, label), given };
}

function knownDriver<Name extends string>(
  { kind, drivers, planned, misplaced, use }: Registry<Name>,
  name: unknown,
  label: string,
): Name {
  if (typeof name !== "string") {
    throw new PalimpsestError("E_CONFIG", `${label}: the field "driver" is missing`);
  }
  const known = Object.keys(drivers);
  if (known.includes(name)) return name as Name;
  if (Object.hasOwn(misplaced, name)) {
    throw new PalimpsestError("E_CONFIG", `${label}: ${name} ${misplaced[name]}`);
  }
  if (planned.includes(name)) {
    throw new PalimpsestError(
      "E_UNSUPPORTED",
      `${label}: no ${name} driver in this version; ${use}`,
    );
  }
  const hint = didYouMean(name, [...known, ...planned]) || `; ${use}`;
  throw new PalimpsestError(
    "E_CONFIG",
    `${label}: unknown ${kind} driver ${JSON.stringify(name)}${hint}`,
  );
}
