import { type Embedder, PalimpsestError } from "@palimpsest/core";
import type { Cache, Savings } from "../cache.ts";
import type { CacheSwitch } from "../operations/optimization-flags.ts";
import type { CacheStatistics } from "../statistics/cache-statistics.ts";
import type { EvidenceOptions, FalseHitCounts } from "./false-hit-evidence.ts";

/** One question. Everything but `text` has to be equal for one answer to do for two. */
export interface SemanticRequest {
  /** The tenant; `""` in an application that has only one. */
  readonly scope: string;
  readonly model: string;
  readonly system?: string;
  /** Whatever else shapes the answer: temperature, tools, output format, earlier turns. */
  readonly parameters?: unknown;
  readonly text: string;
}

export interface SemanticCacheOptions<T> {
  /** Holds the answers. */
  readonly cache: Cache;
  readonly embedder: Embedder;
  /** Whether the answer that would have been served does for the fresh one; it may ask a model. */
  readonly same: (served: T, fresh: T) => boolean | Promise<boolean>;
  /**
   * The least cosine at which a question is near, in (0, 1]: the higher, the fewer answers are served and
   * the fewer of them are wrong. @defaultValue 0.92
   */
  readonly threshold?: number;
  /** Whether a near question may have the same answer; one that throws says no. @defaultValue `meaningGate` */
  readonly gate?: (asked: string, cached: string) => boolean;
  /** What has to be seen before anything is served. */
  readonly shadow?: EvidenceOptions;
  /** `shadow` never serves, whatever was seen. @defaultValue "serve": once the evidence is enough */
  readonly mode?: "shadow" | "serve";
  /** While it says no for the scope, questions go to the fill and nothing is read or written. */
  readonly flags?: CacheSwitch;
  /** Share of near answers that are compared instead of served, to notice when they get worse. @defaultValue 0.02 */
  readonly auditRate?: number;
  /** Names the questions in keys, in invalidation and in statistics. @defaultValue "semantic" */
  readonly prefix?: string;
  /** Questions per partition; the least recently used goes. @defaultValue 10_000 */
  readonly maxEntries?: number;
  /** Of all vectors; the least recently used partition goes. @defaultValue 64 MiB */
  readonly maxBytes?: number;
  /** Longer texts are answered exactly only, in characters. @defaultValue 2_000 */
  readonly maxTextLength?: number;
  /** What embedding a text costs; it is taken off what was saved. */
  readonly embeddingCost?: (text: string) => Savings;
  /** Those of the cache, to be told what its events cannot. */
  readonly statistics?: CacheStatistics;
  readonly random?: () => number;
}

export interface SemanticStats extends FalseHitCounts {
  /** Near answers that were served. */
  readonly served: number;
  /** With a confidence of 95 %, fewer of the near answers are wrong. */
  readonly falseHitRateBound: number;
  readonly isServing: boolean;
  /** Questions that can be found near. */
  readonly entries: number;
  readonly embeddingErrors: number;
  readonly gateErrors: number;
  readonly comparisonErrors: number;
}

/** @throws `E_INVALID_INPUT` naming the option */
export function checkSemanticOptions<T>(options: SemanticCacheOptions<T>): void {
  const { threshold = 1, auditRate = 0, maxEntries = 1, maxBytes = 1, maxTextLength = 0 } = options;
  checkMode(options.mode);
  if (!(threshold > 0 && threshold <= 1)) {
    throw refused(`a threshold of ${threshold} is no cosine in (0, 1]; the higher, the stricter`);
  }
  if (!(auditRate >= 0 && auditRate <= 1)) throw refused(`auditRate is ${auditRate}; give 0 to 1`);
  for (const [name, value, least] of [
    ["maxEntries", maxEntries, 1],
    ["maxBytes", maxBytes, 1],
    ["maxTextLength", maxTextLength, 0],
  ] as const) {
    if (!(value >= least)) throw refused(`${name} is ${value}; give at least ${least}`);
  }
}

/** A typing error in "shadow" must not serve. */
function checkMode(mode: unknown): void {
  if (mode === undefined || mode === "shadow" || mode === "serve") return;
  const given = typeof mode === "string" ? JSON.stringify(mode) : `no string but ${typeof mode}`;
  throw refused(`mode is ${given}; give "shadow" or "serve"`);
}

function refused(problem: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", problem);
}
