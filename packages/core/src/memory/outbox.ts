import type { Clock } from "../clock.ts";
import type { DocumentKey } from "../document.ts";
import { throwIfAborted } from "../errors.ts";
import type { CallOptions } from "../key-value-store.ts";
import type { ClaimOptions, Outbox, OutboxEntry, OutboxStats } from "../outbox.ts";
import { compareRevisions, type Revision } from "../revision.ts";
import { checkKey } from "../seal.ts";
import { KeyMap } from "./key-map.ts";
import { checkCount } from "./selection.ts";

interface Work {
  readonly entry: OutboxEntry;
  readonly dueAt: number;
  readonly lease?: { readonly owner: string; readonly until: number };
}

export interface MemoryOutboxOptions {
  readonly clock: Clock;
  /** The present revision of a document or tombstone. */
  readonly revisionOf: (key: DocumentKey) => Revision | undefined;
  /** Throws once the store is closed. */
  readonly checkOpen: () => void;
}

/**
 * Keeps the newest revision per id: whoever indexes reads the present document, so the entries of
 * older revisions ask for nothing more.
 */
export class MemoryOutbox implements Outbox {
  readonly #clock: Clock;
  readonly #revisionOf: (key: DocumentKey) => Revision | undefined;
  readonly #checkOpen: () => void;
  /** Insertion order is queue order. */
  readonly #queue = new Map<string, Work>();
  readonly #quarantine = new KeyMap<OutboxEntry>();

  constructor(options: MemoryOutboxOptions) {
    this.#clock = options.clock;
    this.#revisionOf = options.revisionOf;
    this.#checkOpen = options.checkOpen;
  }

  /** Queues a revision, due at once; a lease on the id stays with its owner. */
  add({ scope, id }: DocumentKey, revision: Revision): void {
    const name = nameOf({ scope, id });
    const now = this.#clock.now();
    const { entry: before, lease } = this.#queue.get(name) ?? {};
    this.#quarantine.delete({ scope, id });
    this.#queue.delete(name);
    // Later than before on any clock, so that who holds the lease settles no more than it claimed.
    const queuedAt = Math.max(now, (before?.queuedAt ?? 0) + 1);
    const entry = { scope, id, revision, attempts: 0, queuedAt };
    this.#queue.set(name, { entry, dueAt: now, ...(lease && { lease }) });
  }

  /** Whether index work for this key is still open, quarantined or not. */
  has(key: DocumentKey): boolean {
    return this.#queue.has(nameOf(key)) || this.#quarantine.get(key) !== undefined;
  }

  async claim(options: ClaimOptions): Promise<OutboxEntry[]> {
    this.#enter(options);
    checkCount(options.limit, "limit", 0);
    checkCount(options.leaseMs, "leaseMs", 1);
    const now = this.#clock.now();
    const lease = { owner: options.owner, until: now + options.leaseMs };
    const claimed: OutboxEntry[] = [];
    for (const [name, work] of this.#candidates(options.keys)) {
      if (claimed.length >= options.limit) break;
      if (options.keys === undefined && work.dueAt > now) continue;
      if (work.lease && work.lease.owner !== options.owner && work.lease.until > now) continue;
      this.#queue.set(name, { ...work, lease });
      claimed.push(copy(work.entry));
    }
    return claimed;
  }

  *#candidates(keys: readonly DocumentKey[] | undefined): Iterable<[string, Work]> {
    if (keys === undefined) return yield* this.#queue;
    for (const name of new Set(keys.map((key) => nameOf(checked(key))))) {
      const work = this.#queue.get(name);
      if (work) yield [name, work];
    }
  }

  async settle(
    owner: string,
    entries: readonly OutboxEntry[],
    options: CallOptions = {},
  ): Promise<void> {
    this.#enter(options);
    for (const { name, work, moved } of this.#held(owner, entries)) {
      if (moved) this.#queue.set(name, free(work));
      else this.#queue.delete(name);
    }
  }

  async retryLater(
    owner: string,
    entries: readonly OutboxEntry[],
    failure: { readonly error: string; readonly retryAt: number },
    options: CallOptions = {},
  ): Promise<void> {
    this.#enter(options);
    for (const { name, work, moved } of this.#held(owner, entries)) {
      const { entry } = work;
      const failed = { ...entry, attempts: entry.attempts + 1, lastError: failure.error };
      this.#queue.set(name, moved ? free(work) : { entry: failed, dueAt: failure.retryAt });
    }
  }

  async quarantine(
    owner: string,
    entries: readonly OutboxEntry[],
    error: string,
    options: CallOptions = {},
  ): Promise<void> {
    this.#enter(options);
    for (const { name, work, moved } of this.#held(owner, entries)) {
      if (moved) {
        this.#queue.set(name, free(work));
        continue;
      }
      this.#queue.delete(name);
      const attempts = work.entry.attempts + 1;
      this.#quarantine.set(work.entry, { ...work.entry, attempts, lastError: error });
    }
  }

  async quarantined(
    options: CallOptions & { limit: number; after?: DocumentKey },
  ): Promise<OutboxEntry[]> {
    this.#enter(options);
    checkCount(options.limit, "limit", 0);
    const found: OutboxEntry[] = [];
    for (const [, entry] of this.#quarantine.walk(undefined, options.after)) {
      if (found.length >= options.limit) break;
      found.push(copy(entry));
    }
    return found;
  }

  async enqueue(keys: readonly DocumentKey[], options: CallOptions = {}): Promise<void> {
    this.#enter(options);
    for (const key of keys.map(checked)) {
      const revision = this.#revisionOf(key);
      if (revision) this.add(key, revision);
    }
  }

  async stats(options: CallOptions = {}): Promise<OutboxStats> {
    this.#enter(options);
    const [first] = this.#queue.values();
    return {
      pending: this.#queue.size,
      quarantined: this.#quarantine.size(undefined),
      oldest: first?.entry.queuedAt,
    };
  }

  /** The work behind `entries` that `owner` has leased; `moved` when it was queued again since. */
  *#held(
    owner: string,
    entries: readonly OutboxEntry[],
  ): Iterable<{ name: string; work: Work; moved: boolean }> {
    for (const entry of entries) {
      const name = nameOf(entry);
      const work = this.#queue.get(name);
      if (work?.lease?.owner !== owner) continue;
      const { revision, queuedAt } = work.entry;
      const moved = compareRevisions(revision, entry.revision) > 0 || queuedAt > entry.queuedAt;
      yield { name, work, moved };
    }
  }

  #enter(options: CallOptions): void {
    this.#checkOpen();
    throwIfAborted(options.signal);
  }
}

/** Unambiguous because neither part can hold U+0000. */
function nameOf(key: DocumentKey): string {
  return `${key.scope}\0${key.id}`;
}

function checked(key: DocumentKey): DocumentKey {
  checkKey(key);
  return key;
}

function free({ entry, dueAt }: Work): Work {
  return { entry, dueAt };
}

function copy(entry: OutboxEntry): OutboxEntry {
  return { ...entry, revision: { ...entry.revision } };
}
