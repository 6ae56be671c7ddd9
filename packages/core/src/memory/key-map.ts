import type { DocumentKey } from "../document.ts";
import { SortedMap } from "./sorted-map.ts";

/** A map by (scope, id) that knows its scopes, so work in one scope costs nothing for the others. */
export class KeyMap<V> {
  readonly #scopes = new SortedMap<SortedMap<V>>();

  get(key: DocumentKey): V | undefined {
    return this.#scopes.get(key.scope)?.get(key.id);
  }

  set(key: DocumentKey, value: V): void {
    const ids = this.#scopes.get(key.scope) ?? new SortedMap<V>();
    ids.set(key.id, value);
    this.#scopes.set(key.scope, ids);
  }

  delete(key: DocumentKey): boolean {
    const ids = this.#scopes.get(key.scope);
    if (ids === undefined || !ids.delete(key.id)) return false;
    if (ids.size === 0) this.#scopes.delete(key.scope);
    return true;
  }

  /** Number of keys in one scope, or in all when undefined. */
  size(scope: string | undefined): number {
    if (scope !== undefined) return this.#scopes.get(scope)?.size ?? 0;
    let size = 0;
    for (const [, ids] of this.#scopes.entries()) size += ids.size;
    return size;
  }

  /** Entries of one scope, or of all when undefined, in no particular order. */
  *entries(scope: string | undefined): Generator<[DocumentKey, V]> {
    const scopes =
      scope === undefined ? this.#scopes.entries() : [[scope, this.#scopes.get(scope)] as const];
    for (const [name, ids] of scopes) {
      for (const [id, value] of ids?.entries() ?? []) yield [{ scope: name, id }, value];
    }
  }

  /** As `entries`, in key order, strictly after `after` (a key of `scope` when that is given). */
  *walk(scope: string | undefined, after: DocumentKey | undefined): Generator<[DocumentKey, V]> {
    for (const [name, ids] of this.#scopes.walk(scope ?? after?.scope, true)) {
      if (scope !== undefined && name !== scope) return;
      const from = after?.scope === name ? after.id : undefined;
      for (const [id, value] of ids.walk(from, false)) yield [{ scope: name, id }, value];
    }
  }
}
