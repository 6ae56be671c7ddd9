import type { Embedder, EmbedOptions } from "../embedder.ts";
import { throwIfAborted } from "../errors.ts";
import { tokenize } from "../tokenize.ts";

/** The smallest embedder that keeps the contract: one count per bucket of terms. */
export class WordEmbedder implements Embedder {
  readonly modelId: string = "words-64";
  readonly dimension: number = 64;
  readonly settings: Embedder["settings"] = { driver: "words" };

  async embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]> {
    throwIfAborted(options.signal);
    return texts.map((text) => this.#count(text));
  }

  #count(text: string): Float32Array {
    const counts = new Float32Array(this.dimension);
    for (const term of tokenize(text)) {
      const bucket = [...term].reduce((sum, c) => (sum * 31 + (c.codePointAt(0) ?? 0)) % 65_521, 7);
      const at = bucket % this.dimension;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    return counts;
  }
}
