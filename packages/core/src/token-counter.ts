/** Counts model tokens. The count is exact for its family and must be treated as an estimate for others. */
export interface TokenCounter {
  /** Name of the vocabulary, e.g. `"o200k_base"`. */
  readonly family: string;
  count(text: string): number;
}
