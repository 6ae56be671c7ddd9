// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { expect } from "vitest";
import type { Embedder } from "../embedder.ts";
import { canonicalJson } from "../seal.ts";
import {
  type ContractCase,
  type ContractException,
  describeContract,
  type Opened,
} from "./contract.ts";
import { expectRefused } from "./samples.ts";

/** An embedder as its test provides it; `another` is a second instance with the same options. */
export interface EmbedderFixture {
  readonly embedder: Embedder;
  readonly another?: Embedder;
  /** Called after each test. */
  readonly dispose?: () => Promise<void>;
}

export interface EmbedderContractOptions {
  /** Called once per test. */
  readonly create: () => Promise<EmbedderFixture>;
  readonly exceptions?: readonly ContractException[];
}

const texts = ["sea", "", "two words", "日本語 😀", "sea", "long ".repeat(5_000)];
const documents = { kind: "document" } as const;

export const embedderCases: readonly ContractCase<EmbedderFixture>[] = [
  {
    name: "every text has one finite vector of the dimension, in order",
    run: async ({ embedder }) => {
      expect(embedder.modelId).not.toBe("");
      expect(Number.isSafeInteger(embedder.dimension) && embedder.dimension > 0).toBe(true);
      const vectors = await embedder.embed(texts, documents);
      expect(vectors).toHaveLength(texts.length);
      for (const vector of vectors) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector).toHaveLength(embedder.dimension);
        expect(vector.every(Number.isFinite)).toBe(true);
      }
      expect(vectors[4]).toEqual(vectors[0]);
      expect(vectors[2]).not.toEqual(vectors[0]);
      expect(await embedder.embed(["two words"], documents)).toEqual([vectors[2]]);
    },
  },
  {
    name: "no texts give no vectors",
    run: async ({ embedder }) => {
      expect(await embedder.embed([], documents)).toEqual([]);
      expect(await embedder.embed([], { kind: "query" })).toEqual([]);
    },
  },
  {
    name: "a document's vector does not depend on its company, on statistics or on the instance",
    run: async ({ embedder, another }) => {
      const statistics = { documents: 1_000, frequencies: new Map([["sea", 900]]) };
      const [alone] = await embedder.embed(["sea"], documents);
      const [, together] = await embedder.embed(["sky", "sea"], documents);
      const [weighed] = await embedder.embed(["sea"], { ...documents, statistics });
      expect(together).toEqual(alone);
      expect(weighed).toEqual(alone);
      if (!another) return;
      expect(another.modelId).toBe(embedder.modelId);
      expect(await another.embed(["sea"], documents)).toEqual([alone]);
    },
  },
  {
    name: "a query is nearer to the document that has its words than to another",
    run: async ({ embedder }) => {
      const [sea, hill] = await embedder.embed(
        ["the blue sea and its waves", "a financial report on steel prices"],
        documents,
      );
      const [query] = await embedder.embed(["waves of the blue sea"], { kind: "query" });
      expect(cosine(query, sea)).toBeGreaterThan(cosine(query, hill));
    },
  },
  {
    name: "vectors are the caller's to change",
    run: async ({ embedder }) => {
      const [first] = await embedder.embed(["sea"], documents);
      const copy = first?.slice();
      first?.fill(9);
      expect((await embedder.embed(["sea"], documents))[0]).toEqual(copy);
    },
  },
  {
    name: "settings name the driver and are plain JSON without secrets",
    run: async ({ embedder }) => {
      expect(embedder.settings.driver).not.toBe("");
      expect(JSON.parse(canonicalJson(embedder.settings))).toEqual(embedder.settings);
      expect(
        Object.keys(embedder.settings).filter((name) => /key|token|secret/i.test(name)),
      ).toEqual([]);
    },
  },
  {
    name: "an aborted signal stops the call",
    run: async ({ embedder }) => {
      const signal = AbortSignal.abort();
      await expectRefused(embedder.embed(["sea"], { ...documents, signal }), "E_ABORTED");
    },
  },
];

/** Registers the contract of `Embedder` as vitest tests. */
export function describeEmbedderContract(name: string, options: EmbedderContractOptions): void {
  describeContract(`Embedder contract: ${name}`, embedderCases, {
    open: () => openEmbedder(options.create),
    exceptions: options.exceptions,
  });
}

export async function openEmbedder(
  create: EmbedderContractOptions["create"],
): Promise<Opened<EmbedderFixture>> {
  const fixture = await create();
  return { context: fixture, dispose: fixture.dispose ?? (async () => {}) };
}

function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (!a || !b) return Number.NaN;
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
