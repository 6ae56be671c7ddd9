/** Where a value is in the full record: field names and list positions. */
export type FieldPath = readonly (string | number)[];

/**
 * What v1.2-lite's formats do not bring back.
 * - `fields-beyond-nine`: an array holds nine fields; whatever else the record had left no trace
 * - `key-order`: the order of the fields is not the record's
 * - `extra-slot`: a value after the ninth, for which no field name is known; it is in `value`
 * - `dropped`: a reader of v1 does not see this field any more
 * - `added`: a reader of v1 sees a field that the record does not have
 * - `changed`: a reader of v1 sees another value
 */
export interface LegacyLoss {
  readonly kind:
    | "fields-beyond-nine"
    | "key-order"
    | "extra-slot"
    | "dropped"
    | "added"
    | "changed";
  readonly path?: FieldPath;
  readonly value?: unknown;
}

/**
 * What v1.2-lite wrote alike for two different records.
 * - `null-or-absent`: an empty slot; read as absent
 * - `empty-or-absent`: an empty list of tags; read as absent
 * - `nested-short-key`: below the record, a short name that the user's own data may have had
 * - `ordinary-word`: a short name that is a word, so that the record may have had it by itself
 * - `long-and-short`: both names of one field; v1 would have let one overwrite the other. Both are kept
 * - `long-name`: a name that v1 shortens when it writes this format, so something else wrote the record
 * - `short-name`: a short name in a record that was said to be plain; it is kept
 */
export interface LegacyAmbiguity {
  readonly kind:
    | "null-or-absent"
    | "empty-or-absent"
    | "nested-short-key"
    | "ordinary-word"
    | "long-and-short"
    | "long-name"
    | "short-name";
  readonly path: FieldPath;
}
