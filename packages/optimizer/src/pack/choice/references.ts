import { patternOf, type TimestampPattern } from "../codecs/timestamp-pattern.ts";
import type { CellColumn } from "../columns/column.ts";
import type { Referable } from "./fallback-candidates.ts";
import type { Leaf } from "./leaf.ts";

/** Columns look for each other among so many neighbours only: trying all pairs is quadratic. */
const reach = 24;

/**
 * Which columns may refer to which. One that refers to another is never referred to, so a reader
 * needs two passes at most and there are no cycles.
 */
export class References {
  readonly #leaves: readonly Leaf[];
  readonly #places: ReadonlyMap<Leaf, number>;
  readonly #patterns: ReadonlyMap<string, string | undefined>;
  readonly #referring = new Set<string>();
  readonly #referred = new Set<string>();

  /** @param leaves columns with cells and repeatable values, in their order */
  constructor(leaves: readonly Leaf[]) {
    this.#leaves = leaves;
    this.#places = new Map(leaves.map((leaf, i) => [leaf, i]));
    this.#patterns = new Map(leaves.map(({ name, values }) => [name, firstPattern(values)]));
  }

  of(leaf: Leaf): Referable {
    const at = this.#places.get(leaf);
    if (at === undefined || this.#referred.has(leaf.name)) return { before: [], after: [] };
    const free = (others: readonly Leaf[]) =>
      others.filter(({ name }) => !this.#referring.has(name));
    return {
      before: free(this.#leaves.slice(Math.max(0, at - reach), at)),
      after: free(this.#leaves.slice(at + 1, at + 1 + reach)),
    };
  }

  /** Those of `leaves` whose timestamps look like the pattern's. */
  timestampsLike(pattern: TimestampPattern, leaves: readonly Leaf[]): string[] {
    return leaves
      .map(({ name }) => name)
      .filter((name) => this.#patterns.get(name) === pattern.text);
  }

  /** To be called with each column once it is chosen. */
  note({ name, codec, fallback }: CellColumn): void {
    const targets = [
      codec.base?.kind === "column" ? codec.base.name : undefined,
      fallback && "column" in fallback ? fallback.column : undefined,
    ].filter((target) => target !== undefined);
    if (targets.length > 0) this.#referring.add(name);
    for (const target of targets) this.#referred.add(target);
  }
}

function firstPattern(values: Leaf["values"]): string | undefined {
  const first = values.find((value) => value !== undefined);
  return typeof first === "string" ? patternOf(first)?.text : undefined;
}
