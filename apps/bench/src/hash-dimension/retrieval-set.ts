/** One corpus with questions whose right answers are known. */
export interface RetrievalSet {
  readonly documents: readonly string[];
  readonly questions: readonly Question[];
}

export interface Question {
  readonly text: string;
  /** What makes it hard; figures are also kept per kind. */
  readonly kind: string;
  /** Positions in `documents`. */
  readonly relevant: readonly number[];
}
