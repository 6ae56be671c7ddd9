import { PalimpsestError } from "@palimpsest/core";
import { nearestName } from "./nearest-name.ts";

/** LuminoraCore v1.2-lite's options and defaults; here each one has an effect. */
export interface OptimizationConfig {
  /** Known field names become short ones. @defaultValue `true` */
  readonly keyAbbreviation: boolean;
  /** No spaces between the parts; otherwise as Python's `json` writes. @defaultValue `true` */
  readonly minifyJson: boolean;
  /** Values in a list after one word that names their fields. @defaultValue `true` */
  readonly compactFormat: boolean;
  /** Without it `deduplicate` refuses, and no batch is deduplicated. @defaultValue `true` */
  readonly deduplicateMemory: boolean;
  /** Without it the fact cache stores nothing. @defaultValue `true` */
  readonly cacheEnabled: boolean;
  /** Facts in the cache, up to 10,000,000; 0 stores nothing. @defaultValue 1000 */
  readonly cacheCapacity: number;
  /** Seconds that a cached fact lives, from its last write. @defaultValue 3600 */
  readonly cacheTtlSeconds: number;
  /** `compressBatch` deduplicates; otherwise only `deduplicate` does. @defaultValue `true` */
  readonly autoDeduplicate: boolean;
  /** A merged record lists all its sources; otherwise it has the first one. @defaultValue `true` */
  readonly preserveSources: boolean;
  /** A merged record has all tags; otherwise those of the first one. @defaultValue `true` */
  readonly mergeTags: boolean;
  /** Budget of `fitContext`, in tokens. @defaultValue 20,000 */
  readonly maxTokensPerContext: number;
  /** `getFactCached` gives the record; otherwise its compressed text. @defaultValue `true` */
  readonly autoExpand: boolean;
}

export const defaultOptimizationConfig: OptimizationConfig = Object.freeze({
  keyAbbreviation: true,
  minifyJson: true,
  compactFormat: true,
  deduplicateMemory: true,
  cacheEnabled: true,
  cacheCapacity: 1000,
  cacheTtlSeconds: 3600,
  autoDeduplicate: true,
  preserveSources: true,
  mergeTags: true,
  maxTokensPerContext: 20_000,
  autoExpand: true,
});

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name;

/** The same options under v1's names: `key_abbreviation`, `minify_json`, … */
export type V1OptimizationConfig = {
  readonly [Name in keyof OptimizationConfig as SnakeCase<Name>]?: OptimizationConfig[Name];
};

const names = Object.keys(defaultOptimizationConfig);

/** The cache reserves its places at once: some hundred megabytes for this many. */
const mostFacts = 10_000_000;

/**
 * Reads an options object of LuminoraCore v1.2-lite, whose names are `snake_case`; ours are taken too.
 * @throws `E_CONFIG` for a name that v1 does not have, naming the nearest, for one option given under
 * both names, or for a value of another type
 */
export function optimizationConfigFromV1(
  config: Readonly<Record<string, unknown>>,
): OptimizationConfig {
  const read = new Map<string, unknown>();
  for (const [name, value] of Object.entries(config)) {
    const option = names.find((known) => known === name || snakeCase(known) === name);
    if (option === undefined) throw unknownOption(name, names.map(snakeCase));
    if (read.has(option)) throw new PalimpsestError("E_CONFIG", `option ${option} is given twice`);
    read.set(option, value);
  }
  return completeConfig(Object.fromEntries(read));
}

/** @throws `E_CONFIG` for a name that does not exist, naming the nearest, or a value of another type */
export function completeConfig(options: Readonly<Record<string, unknown>>): OptimizationConfig {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!names.includes(name)) throw unknownOption(name, names);
    checkOption(name, value);
  }
  return { ...defaultOptimizationConfig, ...Object.fromEntries(given) };
}

function unknownOption(name: string, known: readonly string[]): PalimpsestError {
  const near = nearestName(name, known);
  return new PalimpsestError("E_CONFIG", `option ${name} does not exist; the nearest is ${near}`);
}

function checkOption(name: string, value: unknown): void {
  const expected = expectedValue(name);
  if (expected.holds(value)) return;
  throw new PalimpsestError(
    "E_CONFIG",
    `option ${name} must be ${expected.text}, got ${String(value)}`,
  );
}

function expectedValue(name: string): { text: string; holds(value: unknown): boolean } {
  switch (name) {
    case "cacheTtlSeconds":
      return {
        text: "a number of seconds, at least 0.001",
        holds: (value) => typeof value === "number" && value >= 0.001 && value <= 1e9,
      };
    case "cacheCapacity":
      return {
        text: `a whole number from 0 to ${mostFacts}`,
        holds: (value) =>
          Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= mostFacts,
      };
    case "maxTokensPerContext":
      return {
        text: "a whole number, 0 or more",
        holds: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
      };
    default:
      return { text: "true or false", holds: (value) => typeof value === "boolean" };
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
