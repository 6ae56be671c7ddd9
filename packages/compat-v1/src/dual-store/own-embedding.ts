import type { Embedder } from "@palimpsest/core";

/**
 * Stands for an embedder where the Chroma collection embeds by itself: a vector is then only a
 * ticket for its text.
 */
export class CollectionEmbedding implements Embedder {
  readonly modelId: string = "collection";
  readonly dimension: number = 1;
  readonly settings: Embedder["settings"] = { driver: "collection" };
  readonly #texts = new Map<number, string>();
  #last = 0;

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    return texts.map((text) => {
      this.#last = (this.#last % 1_000_000) + 1;
      this.#texts.set(this.#last, text);
      if (this.#texts.size > 1_000) this.#texts.delete([...this.#texts.keys()][0] ?? 0);
      return Float32Array.of(this.#last);
    });
  }

  /** The text that the vector stands for. */
  textOf(vector: Float32Array): string {
    return this.#texts.get(vector[0] ?? 0) ?? "";
  }
}
