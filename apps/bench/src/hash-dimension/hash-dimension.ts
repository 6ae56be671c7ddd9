import { HashEmbedder } from "@palimpsest/embedders/hash";
import { readLocomo } from "./locomo.ts";
import { dot, type RecallByWeight, recallByKind } from "./measure.ts";
import type { RetrievalSet } from "./retrieval-set.ts";
import { spellingSet } from "./spelling-set.ts";
import { type BenchReport, type Goal, goal, interleave, machine, median } from "../report.ts";

export interface HashDimensionOptions {
  /** Path of a LoCoMo file; without it only the generated set is measured. */
  readonly locomo?: string;
}

const dimensions = [256, 512, 768, 1024, 1536, 2048, 4096] as const;
const chosen = new HashEmbedder().dimension;
/** Of the vector leg in a plain fusion, the same for all dimensions; the store's own also trusts words by rarity. */
const recommended = 0.6;
const weights = [0, 0.1, 0.2, 0.3, 0.4, 0.5, recommended, 0.7, 0.8, 0.9, 1];
const scannedVectors = 5000;

type ByDimension = ReadonlyMap<number, ReadonlyMap<string, RecallByWeight>>;

/**
 * What a dimension of the hash embedder finds, alone and beside BM25, and what it costs.
 * The goals are those the default was chosen by.
 */
export async function hashDimension(options: HashDimensionOptions = {}): Promise<BenchReport> {
  const sets: [string, readonly RetrievalSet[]][] = [["spelling", [spellingSet()]]];
  if (options.locomo !== undefined) sets.unshift(["locomo", await readLocomo(options.locomo)]);
  const measured: (readonly [string, ByDimension])[] = [];
  for (const [name, set] of sets) {
    measured.push([name, await measureDimensions(set)]);
  }
  return {
    name: "hash-dimension",
    goals: measured.flatMap(([name, found]) => goalsOf(name, found)),
    peers: {
      ...(await costs()),
      ...Object.fromEntries(measured.flatMap(([name, found]) => rows(name, found))),
    },
    machine: machine(),
  };
}

async function measureDimensions(sets: readonly RetrievalSet[]): Promise<ByDimension> {
  const found = new Map<number, ReadonlyMap<string, RecallByWeight>>();
  for (const dimension of dimensions) {
    found.set(dimension, await recallByKind(sets, dimension, weights));
  }
  return found;
}

function goalsOf(name: string, found: ByDimension): Goal[] {
  const own = found.get(chosen)?.get("all");
  const lexical = recallOf(own, 0);
  const hybrids = weights.filter((weight) => weight > 0).map((weight) => recallOf(own, weight));
  const hybrid = recallOf(own, recommended);
  const peak = Math.max(
    ...[...found.values()].map((kinds) => recallOf(kinds.get("all"), recommended)),
  );
  return [
    goal(`${name}HybridOverLexical`, hybrid - lexical, { atLeast: 0 }),
    goal(`${name}WorstWeightOverLexical`, Math.min(...hybrids) - lexical, { atLeast: 0 }),
    goal(`${name}HybridBelowPeak`, peak - hybrid, { atMost: 3 }),
  ];
}

/** One row per dimension, and one per kind of question at the chosen dimension. */
function rows(name: string, found: ByDimension): (readonly [string, Record<string, number>])[] {
  const byDimension = [...found].map(
    ([dimension, kinds]) => [`${name} d=${dimension}`, row(kinds.get("all"))] as const,
  );
  const byKind = [...(found.get(chosen) ?? [])]
    .filter(([kind]) => kind !== "all")
    .map(([kind, recalls]) => [`${name} d=${chosen} ${kind}`, row(recalls)] as const);
  return [...byDimension, ...byKind];
}

function row(recalls: RecallByWeight | undefined): Record<string, number> {
  return Object.fromEntries(
    weights.map((weight) => [
      `recall@10 w=${weight}`,
      Number(recallOf(recalls, weight).toFixed(1)),
    ]),
  );
}

function recallOf(recalls: RecallByWeight | undefined, weight: number): number {
  return recalls?.get(weight) ?? Number.NaN;
}

/** Bytes per document, milliseconds of a plain scan of 1,000, and documents embedded in a second. */
async function costs(): Promise<BenchReport["peers"]> {
  const texts = spellingSet().documents;
  const embeds: Record<string, () => Promise<unknown>> = {};
  const scans: Record<string, () => number> = {};
  for (const dimension of dimensions) {
    const embedder = new HashEmbedder({ dimension });
    const vectors = await embedder.embed(texts, { kind: "document" });
    embeds[dimension] = () => embedder.embed(texts, { kind: "document" });
    scans[dimension] = () => scan(vectors);
  }
  const scanTimes = await interleave(7, scans);
  const embedTimes = await interleave(7, embeds);
  return Object.fromEntries(
    dimensions.map((dimension) => {
      const scanMs = (median(scanTimes[dimension] ?? []) * 1000) / scannedVectors;
      const perSecond = (texts.length * 1000) / median(embedTimes[dimension] ?? []);
      const cost = {
        bytesPerDocument: dimension * Float32Array.BYTES_PER_ELEMENT,
        scanMsPer1000: Number(scanMs.toFixed(3)),
        embeddedPerSecond: Math.round(perSecond),
      };
      return [`cost d=${dimension}`, cost];
    }),
  );
}

function scan(vectors: readonly Float32Array[]): number {
  const [query] = vectors;
  if (query === undefined) return 0;
  let sum = 0;
  for (let i = 0; i < scannedVectors; i++) sum += dot(query, vectors[i % vectors.length] ?? query);
  return sum;
}
