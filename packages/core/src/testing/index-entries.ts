// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { expect } from "vitest";
import type { DocumentKey } from "../document.ts";
import type { IndexEntry, IndexPage, IndexScanOptions } from "../vector-index.ts";
import { unusualIds } from "./samples.ts";

/** What vector and lexical index have in common, as far as a scan needs it. */
interface Scannable {
  delete(keys: readonly DocumentKey[]): Promise<void>;
  scan(options: IndexScanOptions): Promise<IndexPage>;
}

/** Scans in UTF-8 order for any page size, in one scope and in all. `add` indexes one entry per key. */
export async function expectKeysetScan(
  index: Scannable,
  add: (keys: readonly DocumentKey[]) => Promise<void>,
): Promise<void> {
  const keys = ["", "😀", "\uffff"].flatMap((scope) => unusualIds.map((id) => ({ scope, id })));
  await add(keys.toReversed());
  const sorted = keys.toSorted((a, b) => Buffer.compare(bytes(a), bytes(b)));
  for (const limit of [1, 5, 1_000]) {
    const entries = await scanAll(index, { allScopes: true, limit });
    expect(entries.map(({ scope, id }) => ({ scope, id }))).toEqual(sorted);
  }
  const one = await scanAll(index, { scope: "😀", limit: 4 });
  expect(one.map(({ id }) => id)).toEqual(
    sorted.filter(({ scope }) => scope === "😀").map(({ id }) => id),
  );
  await index.delete(keys.filter(({ scope }) => scope !== ""));
  expect(await scanAll(index, { allScopes: true, limit: 4 })).toHaveLength(unusualIds.length);
}

async function scanAll(index: Scannable, options: IndexScanOptions): Promise<IndexEntry[]> {
  const found: IndexEntry[] = [];
  let after: DocumentKey | undefined;
  do {
    const page: IndexPage = await index.scan({ ...options, ...(after && { after }) });
    found.push(...page.entries);
    after = page.next;
  } while (after);
  return found;
}

/** U+0000 sorts before every character that a key can hold. */
function bytes(key: DocumentKey): Buffer {
  return Buffer.from(`${key.scope}\0${key.id}`);
}
