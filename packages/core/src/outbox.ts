import type { DocumentKey } from "./document.ts";
import type { CallOptions } from "./key-value-store.ts";
import type { Revision } from "./revision.ts";

/** Index work that a write left behind, one entry per (scope, id, revision). */
export interface OutboxEntry extends DocumentKey {
  readonly revision: Revision;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** Epoch milliseconds when it was queued. */
  readonly queuedAt: number;
  readonly lastError?: string;
}

export interface OutboxStats {
  /** Entries waiting or leased; quarantined ones are not among them. */
  readonly pending: number;
  readonly quarantined: number;
  /** Epoch milliseconds of the oldest pending entry. */
  readonly oldest: number | undefined;
}

export interface ClaimOptions extends CallOptions {
  /** Names the worker; one owner may claim again what it holds. */
  readonly owner: string;
  readonly limit: number;
  /** Milliseconds until another owner may claim the same ids. */
  readonly leaseMs: number;
  /** Claims these keys only, due or not; a strict write settles its own entries this way. */
  readonly keys?: readonly DocumentKey[];
}

/** A lease covers all entries of an id, so two workers never index one document at the same time. */
export interface Outbox {
  /** Due entries (newest revision per id) now leased to `owner`, oldest first. */
  claim(options: ClaimOptions): Promise<OutboxEntry[]>;
  /**
   * Removes the entries of each id up to its revision, if `owner` still holds the lease, and frees it.
   * Work that a newer write or `enqueue` asked for since the claim stays, due at once; so it does in
   * `retryLater` and `quarantine`.
   */
  settle(owner: string, entries: readonly OutboxEntry[], options?: CallOptions): Promise<void>;
  /** Counts one attempt, keeps the entry until `retryAt` (epoch ms) and frees the lease. */
  retryLater(
    owner: string,
    entries: readonly OutboxEntry[],
    failure: { readonly error: string; readonly retryAt: number },
    options?: CallOptions,
  ): Promise<void>;
  /** Takes the entries out of circulation with their reason, until `enqueue` or a newer write. */
  quarantine(
    owner: string,
    entries: readonly OutboxEntry[],
    error: string,
    options?: CallOptions,
  ): Promise<void>;
  quarantined(
    options: CallOptions & { limit: number; after?: DocumentKey },
  ): Promise<OutboxEntry[]>;
  /**
   * Queues the present revision of each key (tombstones too), due at once and out of quarantine. A
   * lease stays with its owner, whose work so far does not settle what is asked for here.
   * Keys that no record has are ignored.
   */
  enqueue(keys: readonly DocumentKey[], options?: CallOptions): Promise<void>;
  stats(options?: CallOptions): Promise<OutboxStats>;
}
