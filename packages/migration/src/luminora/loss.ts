/**
 * What v1 itself destroyed or made ambiguous before this import read the row. Every reason but
 * `missing-zone` makes a row count as lossy.
 */
export type LossReason =
  /** The text could only have been saved as text, and v1 reads it back as something else. */
  | "text-read-as-other-type"
  /** A number, or the same digits saved as text. */
  | "number-or-text"
  /** A list or object, or the same JSON saved as text. */
  | "structure-or-text"
  /** `true`, `false`, `null` or a quoted string, or the same letters saved as text. */
  | "json-literal-or-text"
  /** `True`, `False`, `None` or another Python representation, which v1 reads back as text. */
  | "python-literal"
  /** NaN or an infinity, which JSON cannot hold. */
  | "non-finite-number"
  /** v1 stored 30 days from the save whatever lifetime was asked for. */
  | "session-ttl-replaced"
  /** v1 dropped status, expiry and provider configuration from the sessions table. */
  | "session-fields-dropped"
  /** Both counters are zero, to which v1 resets them with every update. */
  | "affinity-counters-reset"
  /** Saved under a session's id where v1 looks for a user's: the user never sees these points. */
  | "affinity-under-session"
  /** The local time happened twice or never in the given zone. */
  | "ambiguous-local-time"
  /** A time column is absent or holds something that is no time. */
  | "unreadable-time"
  /** A column holds another type than v1 writes there; its text is used. */
  | "column-type-changed"
  /** Bytes where v1 writes text; kept as base64. */
  | "binary-value"
  /** The row's times have no zone. Does not make the row lossy. */
  | "missing-zone";
