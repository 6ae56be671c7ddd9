/**
 * What an engine does by itself. A missing capability is emulated or named in a warning,
 * never silently weaker.
 */
export interface Capabilities {
  /** `ifRevision` and `putIfNewer` are decided atomically. Without it a store can never be the authority. */
  readonly conditionalPut: boolean;
  /** Deletions leave a revisioned tombstone. */
  readonly tombstones: boolean;
  /** One `write` call is all or nothing. */
  readonly transactions: boolean;
  /** Vector and lexical entry commit with the document; no outbox entry is needed for them. */
  readonly coIndexed: boolean;
  /** Honours `WriteOptions.indexElsewhere`; only a `coIndexed` engine needs it. */
  readonly indexElsewhere?: boolean;
  readonly fence: boolean;
  readonly keysetScan: boolean;
  /** Range digests are computed by the engine. */
  readonly serverDigest: boolean;
  readonly bulkLoad: boolean;
  /** The engine has a lexical index of its own. */
  readonly lexical: boolean;
}
