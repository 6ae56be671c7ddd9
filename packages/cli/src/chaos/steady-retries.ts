import type { Clock, DocumentStore, Outbox } from "@palimpsest/core";
import { overlay } from "./overlay.ts";

/** The store's first retry delay; each further one is twice as long, with jitter down to the half. */
const firstMs = 500;

/** Takes the jitter out of retries, so that a seed gives the same schedule every time. */
export function withSteadyRetries(documents: DocumentStore, clock: Clock): DocumentStore {
  const { outbox } = documents;
  const retryLater: Outbox["retryLater"] = (owner, entries, failure, options) => {
    const now = clock.now();
    const retryAt = now + withoutJitter(failure.retryAt - now);
    return outbox.retryLater(owner, entries, { ...failure, retryAt }, options);
  };
  return overlay(documents, { outbox: overlay(outbox, { retryLater }) });
}

function withoutJitter(ms: number): number {
  let steady = firstMs;
  while (steady < ms) steady *= 2;
  return steady;
}
