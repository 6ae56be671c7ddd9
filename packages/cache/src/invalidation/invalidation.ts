import type { CacheInvalidateEvent } from "../cache-event.ts";
import { type CacheKey, keyHead } from "../cache-key.ts";
import { checkTags } from "../entry-plan.ts";
import type { CacheParts } from "../cache-parts.ts";
import { everythingName, prefixName, type Stamp } from "./stamp-registry.ts";

/** First this process forgets, at once and whatever happens next; then the others are told. */
export class Invalidation {
  readonly #parts: CacheParts;

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  async tags(tags: readonly string[]): Promise<void> {
    const { registry } = this.#parts;
    const stamps = checkTags(tags).map((tag) => registry.tag(tag));
    if (stamps.length > 0) await this.#stamps(stamps, "tags");
  }

  async prefix(scope: string, prefix: string): Promise<void> {
    const stamp = this.#parts.registry.get(prefixName(keyHead(scope, prefix)));
    await this.#stamps([stamp], "prefix");
  }

  async everything(): Promise<void> {
    const { registry, memory, failures } = this.#parts;
    memory.clear();
    failures.clear();
    await this.#stamps([registry.get(everythingName)], "all");
  }

  async keys(keys: readonly CacheKey[]): Promise<void> {
    if (keys.length === 0) return;
    const { second } = this.#parts;
    this.forget(keys);
    this.#tell("keys");
    if (second === undefined) return;
    second.synchroniser.start();
    await second.invalidation.keys(keys);
  }

  /** In this process only. */
  forget(keys: readonly CacheKey[]): void {
    const { memory, flights, failures } = this.#parts;
    for (const key of keys) {
      memory.delete(key);
      flights.drop(key);
      failures.delete(key);
    }
  }

  async #stamps(stamps: readonly Stamp[], what: CacheInvalidateEvent["what"]): Promise<void> {
    const { registry, second } = this.#parts;
    registry.invalidate(stamps);
    this.#tell(what);
    if (second === undefined) return;
    second.synchroniser.start();
    await second.invalidation.stamps(stamps);
  }

  #tell(what: CacheInvalidateEvent["what"]): void {
    this.#parts.events.emit({ type: "invalidate", origin: "here", what });
  }
}
