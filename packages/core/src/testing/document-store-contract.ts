import { type ContractException, describeContract, type Opened } from "./contract.ts";
import { documentCoIndexing } from "./document-co-indexing.ts";
import type {
  DocumentStoreCase,
  DocumentStoreContext,
  DocumentStoreFixture,
} from "./document-context.ts";
import { documentDeletes } from "./document-deletes.ts";
import { documentFilters } from "./document-filters.ts";
import { documentLifecycle } from "./document-lifecycle.ts";
import { documentLimits } from "./document-limits.ts";
import { documentMerge } from "./document-merge.ts";
import { documentOutbox } from "./document-outbox.ts";
import { documentScans } from "./document-scans.ts";
import { documentWrites } from "./document-writes.ts";
import { TestClock } from "./test-clock.ts";

export interface DocumentStoreContractOptions {
  /** Opens an empty store that takes its time from `clock`. Called once per test. */
  readonly create: (context: { readonly clock: TestClock }) => Promise<DocumentStoreFixture>;
  readonly exceptions?: readonly ContractException[];
}

export const documentStoreCases: readonly DocumentStoreCase[] = [
  ...documentWrites,
  ...documentDeletes,
  ...documentLimits,
  ...documentMerge,
  ...documentScans,
  ...documentFilters,
  ...documentOutbox,
  ...documentCoIndexing,
  ...documentLifecycle,
];

/** Registers the contract of `DocumentStore` as vitest tests. */
export function describeDocumentStoreContract(
  name: string,
  options: DocumentStoreContractOptions,
): void {
  describeContract(`DocumentStore contract: ${name}`, documentStoreCases, {
    open: () => openDocumentStore(options.create),
    exceptions: options.exceptions,
  });
}

export async function openDocumentStore(
  create: DocumentStoreContractOptions["create"],
): Promise<Opened<DocumentStoreContext>> {
  const clock = new TestClock();
  const fixture = await create({ clock });
  const close = async (): Promise<void> => {
    await fixture.store.close();
    await fixture.engine?.close();
  };
  return { context: { ...fixture, clock }, dispose: fixture.dispose ?? close };
}
