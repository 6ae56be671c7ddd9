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

  /** Which of the ids have one of these versions; cheaper than reading their metadata. */
  async withVersion(ids: readonly string[], versions: ReadonlySet<string>): Promise<Set<string>> {
    const where = { [versionKey]: { $in: [...versions] } };
    const page = await this.#requests.send(() =>
      this.#collection.get({ ids: [...ids], where, include: [] }),
    );
    return new Set(page.ids);
  }
}
