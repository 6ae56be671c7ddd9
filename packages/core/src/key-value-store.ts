export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface SetOptions extends CallOptions {
  /** Milliseconds until the entry is gone; omitted means never. */
  readonly ttl?: number;
  /** Store only when the key is absent or expired. */
  readonly ifAbsent?: boolean;
}

/** A lock that expires by itself. Only its owner can renew or release it. */
export interface Lease {
  readonly key: string;
  /** Extends to `ms` from now. @returns false when the lease was lost. */
  renew(ms: number): Promise<boolean>;
  /** @returns false when the lease was lost before. */
  release(): Promise<boolean>;
}

/** Keys are 1 to 512 bytes of UTF-8; values are bytes, copied in and out. */
export interface KeyValueStore extends AsyncDisposable {
  readonly name: string;
  /** One entry per key, in order; undefined for absent or expired. */
  getMany(
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<(Uint8Array<ArrayBuffer> | undefined)[]>;
  /** @returns whether the value was stored (always true without `ifAbsent`). */
  set(key: string, value: Uint8Array, options?: SetOptions): Promise<boolean>;
  /** @returns how many of the keys existed. */
  delete(keys: readonly string[], options?: CallOptions): Promise<number>;
  /**
   * Adds `by` atomically to a decimal counter, 0 when absent; a running ttl is kept, `ttl` applies
   * to a counter that this call creates. @throws `E_INVALID_INPUT` when the value is not a counter.
   */
  increment(key: string, by?: number, options?: CallOptions & { ttl?: number }): Promise<number>;
  /** @returns undefined while somebody else holds it. Leases and values do not share keys. */
  lease(key: string, ms: number, options?: CallOptions): Promise<Lease | undefined>;
  /** Present when the engine can push; delivery is at most once. */
  readonly channels?: KeyValueChannels;
  close(): Promise<void>;
}

export interface KeyValueChannels {
  publish(channel: string, message: Uint8Array): Promise<void>;
  subscribe(
    channel: string,
    listener: (message: Uint8Array<ArrayBuffer>) => void,
  ): Promise<AsyncDisposable>;
}
