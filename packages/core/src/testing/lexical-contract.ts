import type { LexicalIndex } from "../lexical-index.ts";
import { type ContractException, describeContract, type Opened } from "./contract.ts";
import { lexicalEntries } from "./lexical-entries.ts";
import { type LexicalIndexCase, lexicalQueries } from "./lexical-queries.ts";

/** A fresh, empty lexical index as a driver's test provides it. */
export interface LexicalIndexFixture {
  readonly index: LexicalIndex;
  /** Called after each test. The default closes the index. */
  readonly dispose?: () => Promise<void>;
}

export interface LexicalIndexContractOptions {
  /** Opens an empty index. Called once per test. */
  readonly create: () => Promise<LexicalIndexFixture>;
  readonly exceptions?: readonly ContractException[];
}

export const lexicalIndexCases: readonly LexicalIndexCase[] = [
  ...lexicalQueries,
  ...lexicalEntries,
];

/** Registers the contract of `LexicalIndex` as vitest tests. */
export function describeLexicalIndexContract(
  name: string,
  options: LexicalIndexContractOptions,
): void {
  describeContract(`LexicalIndex contract: ${name}`, lexicalIndexCases, {
    open: () => openLexicalIndex(options.create),
    exceptions: options.exceptions,
  });
}

export async function openLexicalIndex(
  create: LexicalIndexContractOptions["create"],
): Promise<Opened<{ readonly index: LexicalIndex }>> {
  const fixture = await create();
  return { context: fixture, dispose: fixture.dispose ?? (() => fixture.index.close()) };
}
