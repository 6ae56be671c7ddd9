import type { Savings } from "./cache.ts";
import type { CacheKey } from "./cache-key.ts";

interface EntryEvent {
  readonly key: CacheKey;
  readonly class: string;
}

/** A value was served from a tier. */
export interface CacheHitEvent extends EntryEvent {
  readonly type: "hit";
  readonly tier: "memory" | "store";
  /** `stale`: a refresh runs behind it; `stale-if-error`: the refresh failed. */
  readonly state: "fresh" | "stale" | "stale-if-error";
  /** Estimated size in memory. */
  readonly bytes: number;
  /** What the caller waited for the second tier; 0 from memory. */
  readonly milliseconds: number;
  readonly savings: Savings | undefined;
}

/** No tier had a value; a fill follows unless the call was `get` or `getMany`. */
export interface CacheMissEvent extends EntryEvent {
  readonly type: "miss";
}

/** A caller waits for a fill that another one started: a call saved, if the fill succeeds. */
export interface CacheJoinEvent extends EntryEvent {
  readonly type: "join";
}

export interface CacheFillEvent extends EntryEvent {
  readonly type: "fill";
  readonly background: boolean;
  readonly milliseconds: number;
  readonly bytes: number;
  /** Of a fill that replaced a value: whether the new one differs from it. */
  readonly changed: boolean | undefined;
}

export interface CacheFillErrorEvent extends EntryEvent {
  readonly type: "fill-error";
  readonly background: boolean;
  readonly milliseconds: number;
  readonly error: unknown;
}

/** A remembered error was thrown again without a fill. */
export interface CacheNegativeHitEvent extends EntryEvent {
  readonly type: "negative-hit";
}

/** The second tier failed, was late, or held something unusable; callers got on without it. */
export interface CacheStoreErrorEvent {
  readonly type: "store-error";
  readonly operation: "read" | "write" | "lease" | "invalidate" | "listen" | "synchronise";
  /** `corrupt`: the stored bytes are damaged, foreign or of a newer version; `unencodable`: the value has no bytes. */
  readonly reason: "failed" | "timeout" | "corrupt" | "unencodable";
  readonly error: unknown;
}

/** The breaker of the second tier opened, or a probe closed it again. */
export interface CacheStoreStateEvent {
  readonly type: "store-state";
  readonly state: "open" | "closed";
}

/** This process invalidated, or heard from another one. */
export interface CacheInvalidateEvent {
  readonly type: "invalidate";
  readonly origin: "here" | "elsewhere";
  /** `missed`: messages were lost, so memory is checked against the second tier entry by entry. */
  readonly what: "tags" | "prefix" | "keys" | "all" | "missed";
}

/** What a cache tells its `onEvent`. Nothing in it is user text but an error's own message. */
export type CacheEvent =
  | CacheHitEvent
  | CacheMissEvent
  | CacheJoinEvent
  | CacheFillEvent
  | CacheFillErrorEvent
  | CacheNegativeHitEvent
  | CacheStoreErrorEvent
  | CacheStoreStateEvent
  | CacheInvalidateEvent;
