import { PalimpsestError } from "@palimpsest/core";
import type { CacheEvent } from "../cache-event.ts";

/** All durations are milliseconds. */
export interface TtlTunerOptions {
  /** What each class starts with; classes that are not named are not tuned. */
  readonly ttls: Readonly<Record<string, number>>;
  /** @defaultValue 1_000 */
  readonly minTtl?: number;
  /** @defaultValue 24 hours */
  readonly maxTtl?: number;
  /** Refreshes that decide together. @defaultValue 20 */
  readonly samples?: number;
  /** At most this share of changed values raises. @defaultValue 0.05 */
  readonly raiseBelow?: number;
  /** From this share of changed values on it is lowered. @defaultValue 0.2 */
  readonly lowerFrom?: number;
  /** Gets every decision, also one to keep. */
  readonly onDecision?: (decision: TtlDecision) => void;
}

/** Why the time of a class is what it is now. */
export interface TtlDecision {
  readonly class: string;
  readonly before: number;
  readonly after: number;
  readonly refreshed: number;
  readonly changed: number;
  readonly reason: string;
}

interface Tuned {
  ttl: number;
  refreshed: number;
  changed: number;
  last: TtlDecision | undefined;
}

const raise = 1.5;
const lower = 0.5;
const day = 24 * 60 * 60 * 1000;

/**
 * Finds how long values stay true: refreshes that find the same value raise the time of their class,
 * refreshes that find another one lower it. The hit rate decides nothing, since a popular value may be wrong.
 * Pass `record` the cache's events, and take each call's `ttl` from `ttlOf`. A value can be compared while
 * the one before is still there: give entries a `staleWhileRevalidate`, or refresh them early.
 */
export class TtlTuner {
  readonly #options: Required<Omit<TtlTunerOptions, "ttls" | "onDecision">>;
  readonly #onDecision: TtlTunerOptions["onDecision"];
  readonly #classes: ReadonlyMap<string, Tuned>;

  /** @throws `E_INVALID_INPUT` for bounds that contradict each other, or a time outside them */
  constructor({ ttls, onDecision, ...options }: TtlTunerOptions) {
    this.#options = {
      minTtl: options.minTtl ?? 1_000,
      maxTtl: options.maxTtl ?? day,
      samples: options.samples ?? 20,
      raiseBelow: options.raiseBelow ?? 0.05,
      lowerFrom: options.lowerFrom ?? 0.2,
    };
    this.#onDecision = onDecision;
    const { minTtl, maxTtl, samples, raiseBelow, lowerFrom } = this.#options;
    if (!(minTtl >= 1 && minTtl <= maxTtl && samples >= 1 && raiseBelow < lowerFrom)) {
      throw refused("needs 1 ≤ minTtl ≤ maxTtl, samples ≥ 1 and raiseBelow < lowerFrom");
    }
    for (const [name, ttl] of Object.entries(ttls)) {
      if (ttl >= minTtl && ttl <= maxTtl) continue;
      throw refused(`has ${ttl} ms for ${JSON.stringify(name)}, not in ${minTtl} to ${maxTtl}`);
    }
    this.#classes = new Map(
      Object.entries(ttls).map(([name, ttl]) => [
        name,
        { ttl, refreshed: 0, changed: 0, last: undefined },
      ]),
    );
  }

  /** @throws `E_NOT_FOUND` for a class that has no time */
  ttlOf(className: string): number {
    const tuned = this.#classes.get(className);
    if (tuned !== undefined) return tuned.ttl;
    throw new PalimpsestError(
      "E_NOT_FOUND",
      `the cache class ${JSON.stringify(className)} has no ttl; name it in \`ttls\``,
    );
  }

  readonly record = (event: CacheEvent): void => {
    if (event.type !== "fill" || event.changed === undefined) return;
    const tuned = this.#classes.get(event.class);
    if (tuned === undefined) return;
    tuned.refreshed += 1;
    if (event.changed) tuned.changed += 1;
    if (tuned.refreshed >= this.#options.samples) this.#decide(event.class, tuned);
  };

  /** The latest decision of each class that has one. */
  decisions(): readonly TtlDecision[] {
    return [...this.#classes.values()].flatMap(({ last }) => last ?? []);
  }

  #decide(name: string, tuned: Tuned): void {
    const { ttl: before, refreshed, changed } = tuned;
    const { minTtl, maxTtl, raiseBelow, lowerFrom } = this.#options;
    const share = changed / refreshed;
    const factor = share <= raiseBelow ? raise : share >= lowerFrom ? lower : 1;
    const after = Math.min(maxTtl, Math.max(minTtl, Math.round(before * factor)));
    const found = `${changed} of ${refreshed} refreshed values had changed`;
    const decision: TtlDecision = {
      class: name,
      before,
      after,
      refreshed,
      changed,
      reason: `${found}: ${verdict(before, after, factor)}`,
    };
    Object.assign(tuned, { ttl: after, refreshed: 0, changed: 0, last: decision });
    this.#onDecision?.(decision);
  }
}

function verdict(before: number, after: number, factor: number): string {
  if (after !== before)
    return `${after > before ? "raised" : "lowered"} from ${before} to ${after} ms`;
  if (factor === 1) return `kept at ${before} ms`;
  return `kept at ${before} ms, the ${factor > 1 ? "highest" : "lowest"} allowed`;
}

function refused(problem: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", `the ttl tuner ${problem}`);
}
