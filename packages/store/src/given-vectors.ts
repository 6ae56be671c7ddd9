import { compareRevisions, type Revision, type StoredDocument } from "@palimpsest/core";
import { keyString } from "./key-string.ts";

const capacity = 10_000;

/**
 * Vectors that callers gave with a write, until the worker gets to index them. Only a saving: what
 * is lost here (a restart, too many at once) is embedded again from the text.
 */
export class GivenVectors {
  readonly #vectors = new Map<
    string,
    { readonly revision: Revision; readonly vector: Float32Array }
  >();

  remember({ scope, id, revision }: StoredDocument, vector: Float32Array): void {
    const key = keyString({ scope, id });
    if (this.#vectors.size < capacity || this.#vectors.has(key)) {
      this.#vectors.set(key, { revision, vector });
    }
  }

  /** The vector of exactly this revision. */
  get(document: StoredDocument): Float32Array | undefined {
    const given = this.#vectors.get(keyString(document));
    return given && compareRevisions(given.revision, document.revision) === 0
      ? given.vector
      : undefined;
  }

  /** They were made by a model that is no longer used. */
  clear(): void {
    this.#vectors.clear();
  }

  /** Drops what this revision or an older one left. */
  forget({ scope, id, revision }: StoredDocument): void {
    const key = keyString({ scope, id });
    const given = this.#vectors.get(key);
    if (given && compareRevisions(given.revision, revision) <= 0) this.#vectors.delete(key);
  }
}
