import type { CompatSwitches } from "./types.ts";

/**
 * One way in which v1's interface behaves otherwise than it did.
 * @deprecated Nothing of it applies to `SemanticStore` of `@palimpsest/store`.
 */
export interface CompatDifference {
  readonly id: string;
  readonly older: string;
  readonly now: string;
  readonly reason: string;
  /** Option that restores the older behaviour; absent where it lost or showed wrong data. */
  readonly switch?: { readonly option: keyof CompatSwitches; readonly value: boolean };
}

/**
 * Every intended difference from v1, with its reason and the option that takes it back.
 * @deprecated Nothing of it applies to `SemanticStore` of `@palimpsest/store`.
 */
export function compatReport(): readonly CompatDifference[] {
  return structuredClone(differences);
}

const differences: readonly CompatDifference[] = [
  {
    id: "document-first",
    older: "The vector was written first and waited for; only then came the document.",
    now: "The document is stored first; its vector follows at once (strict) or by a durable worker (eventual).",
    reason:
      "A crash or a vector store that is down lost the document, and each insert waited up to a second.",
  },
  {
    id: "strict-takes-back",
    older: "A failed vector in strict mode threw, and no document was stored.",
    now: "The same text is thrown, and the stored document is taken back unless somebody else changed it meanwhile.",
    reason: "Callers retry on that error; a document left behind would be written twice.",
    switch: { option: "strictV1Errors", value: false },
  },
  {
    id: "flags-later",
    older: "vectorWriteSuccess was known when insert returned.",
    now: "In eventual mode the flags are absent until the worker has tried; flush waits for it.",
    reason: "insert no longer waits for the vector.",
  },
  {
    id: "skipped-is-not-success",
    older:
      "With dual writes off, and for images without a model for them, vectorWriteSuccess was true.",
    now: "The flags stay absent.",
    reason: "A flag that claims a vector hid what is missing.",
  },
  {
    id: "empty-text",
    older: "An entry with an empty text had a vector.",
    now: "It is stored and not indexed; reconcile removes such a vector.",
    reason: "There is nothing to find it by, and some models refuse it.",
  },
  {
    id: "same-id-replaces",
    older: "Inserting an id again added a second row and kept the old vector.",
    now: "It replaces the document and its vector; older rows of the id stay and getRevisions shows them.",
    reason: "Callers updated by inserting again, and search went on finding the old text.",
  },
  {
    id: "newest-row",
    older: "get returned the first row of an id, usually the oldest.",
    now: "It returns the newest by metadata.updated_at or time.",
    reason: "The newest row is what the caller wrote last.",
  },
  {
    id: "insert-returns-id",
    older: "insert resolved to nothing, so a generated id was lost.",
    now: "It resolves to the id.",
    reason: "Callers need the id to read the entry.",
  },
  {
    id: "limit",
    older: "Duplicates were removed after the limit; a limit of 0 gave one row.",
    now: "The limit counts distinct ids; 0 gives none; other than whole numbers are refused.",
    reason: "Pages came out short.",
  },
  {
    id: "time-order",
    older: "Rows were sorted by type before value: dates, then texts, then numbers.",
    now: "They are sorted by the moment they name.",
    reason: "Newer entries were hidden behind older ones of another type.",
  },
  {
    id: "invalid-time",
    older: "A time that names no moment became now, or NaN.",
    now: "It is refused on write; on read the copies in the metadata and the row's creation count.",
    reason: "A wrong time cannot be told from a right one later.",
  },
  {
    id: "relevance",
    older:
      "Results of several queries were put one after the other, each with its own limit, without scores.",
    now: "They are merged by score under one limit, each id once; search returns the scores.",
    reason: "The best match of a later query came last.",
  },
  {
    id: "same-text-kept",
    older: "getMostRelevant removed entries with equal text.",
    now: "Only equal ids are removed.",
    reason: "Different documents may have the same text.",
    switch: { option: "dedupeByText", value: true },
  },
  {
    id: "hydrated",
    older: "getMostRelevant returned Chroma's copy, with nested metadata as JSON text.",
    now: "It returns the document itself; a vector without a document gives nothing.",
    reason: "The copy could be stale, and its metadata had other types.",
  },
  {
    id: "typed-filters",
    older: "Filters went to MongoDB and Chroma as they were.",
    now: "The operators that callers used are evaluated here; others are refused by name.",
    reason:
      "Raw filters let callers run anything on the server, and two conditions failed in Chroma.",
  },
  {
    id: "has-vector",
    older: "checkConsistency always said hasVector false.",
    now: "It asks Chroma for the id.",
    reason: "The answer was read in the wrong shape.",
  },
  {
    id: "real-report",
    older: "getConsistencyReport counted flags and never asked Chroma.",
    now: "It looks up the vector of each entry.",
    reason: "A flag can be true where nothing was ever written.",
    switch: { option: "flagsOnlyReport", value: true },
  },
  {
    id: "null-metadata",
    older: "Missing metadata was sent to Chroma as null.",
    now: "Such keys are left out there; the document keeps them.",
    reason: "Newer Chroma servers refuse null, which looked like a fault of concurrency.",
  },
  {
    id: "explicit-options",
    older: "Environment variables won over explicit options, and addresses were read at import.",
    now: "Explicit options win over the environment, which is read at create.",
    reason: "A program could not decide for itself.",
    switch: { option: "environmentFirst", value: true },
  },
  {
    id: "contradicting-variables",
    older: "The consistency had two names in two documents; one was ignored.",
    now: "Both are read, and two that disagree fail.",
    reason: "Ignoring one silently weakens what was asked for.",
  },
  {
    id: "no-probes",
    older: "Opening wrote a probe document, and each operation pinged once or twice.",
    now: "Opening only reads; nothing is pinged.",
    reason: "Reading needs no right to write.",
  },
  {
    id: "cleanup-scope",
    older: "cleanup closed the connections and queues of the whole process.",
    now: "It releases this family's; the last one closes the client.",
    reason: "Other stores of the process stopped working.",
  },
  {
    id: "durable-queue",
    older: "Vectors waited in memory; a shutdown cancelled them.",
    now: "They wait in a ledger beside the family and are taken up at the next open.",
    reason: "What was acknowledged must not be lost.",
  },
  {
    id: "query-texts",
    older: "compileContext dropped the caller's texts when enough recent entries were there.",
    now: "The caller's texts come first, then the newest entries.",
    reason: "The question itself was not searched for.",
    switch: { option: "legacyQueryOrder", value: true },
  },
];
