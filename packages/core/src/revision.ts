/**
 * Orders the states of one document. Assigned by the document store in the same atomic operation
 * as the write, never derived from a clock; the counter continues over tombstones.
 */
export interface Revision {
  /** Raised by a fence, at every change of write authority. */
  readonly epoch: number;
  /** Starts at 1 and grows by one with every write to the document. */
  readonly counter: number;
}

/** Negative when `a` is older than `b`, 0 when equal, positive when newer. */
export function compareRevisions(a: Revision, b: Revision): number {
  return a.epoch - b.epoch || a.counter - b.counter;
}
