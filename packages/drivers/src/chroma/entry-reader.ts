import type { ChromaCollection } from "./chroma-client.ts";
import { type Version, versionKey, versionOf } from "./entry-metadata.ts";
import type { Requests } from "./requests.ts";

/** SQLite in the server takes at most 32,766 values per statement. */
export const mostIds = 5_000;

/** Reads what entries there are. */
export class EntryReader {
  readonly #collection: ChromaCollection;
  readonly #requests: Requests;

  constructor(collection: ChromaCollection, requests: Requests) {
    this.#collection = collection;
    this.#requests = requests;
  }

  /** The present entries' versions, by id. */
  async versions(ids: readonly string[], signal?: AbortSignal): Promise<Map<string, Version>> {
    const found = new Map<string, Version>();
    for (let i = 0; i < ids.length; i += mostIds) {
      const chunk = ids.slice(i, i + mostIds);
      const page = await this.#requests.send(
        () => this.#collection.get({ ids: chunk, include: ["metadatas"] }),
        signal,
      );
      page.ids.forEach((id, at) => found.set(id, versionOf(page.metadatas[at])));
    }
    return found;
  }

  /** The ids of the entries that have one of these versions, of which no two are equal. */
  async withVersion(versions: readonly string[]): Promise<Set<string>> {
    const where = { [versionKey]: { $in: [...versions] } };
    const page = await this.#requests.send(() => this.#collection.get({ where, include: [] }));
    return new Set(page.ids);
  }

  /** Which of the ids there are. */
  async present(ids: readonly string[], signal: AbortSignal | undefined): Promise<string[]> {
    const page = await this.#requests.send(
      () => this.#collection.get({ ids: [...ids], include: [] }),
      signal,
    );
    return [...page.ids];
  }
}
