import {
  type CallOptions,
  type DocumentStore,
  type Filter,
  parseFilter,
  type ScopeSelector,
  type StoredDocument,
} from "@palimpsest/core";
import { toSelector, withSignal } from "./inputs.ts";
import { pages } from "./pages.ts";

const pageSize = 500;

/** Live documents in key order, read page by page as they are consumed. */
export async function* scanAll(
  documents: DocumentStore,
  options: CallOptions & ScopeSelector & { filter?: Filter },
): AsyncGenerator<StoredDocument> {
  const selection = {
    ...toSelector(options),
    ...(options.filter && { filter: parseFilter(options.filter) }),
    ...withSignal(options.signal),
    limit: pageSize,
  };
  for await (const page of pages((after) => documents.scan({ ...selection, ...after }))) {
    yield* page.documents;
  }
}
