import type { PutItem, WriteResult } from "@palimpsest/core";
import type { Sample } from "../store/dataset.ts";

const timestamp = 1_760_000_000_000;

export function putOf({ id, text, vector }: Sample): PutItem {
  return { ...documentOf({ id, text }), vector };
}

export function documentOf({ id, text }: Pick<Sample, "id" | "text">): PutItem {
  return { type: "put", document: { scope: "", id, text, metadata: {}, timestamp } };
}

/** @throws when the two sides did not do the same: then their times say nothing */
export function checkSame(
  results: readonly WriteResult[],
  counters: ReadonlyMap<string, number>,
): void {
  for (const result of results) {
    if (result.status !== "written") throw new Error(`the driver answered ${result.status}`);
    const { id, revision } = result.stored;
    if (counters.get(id) !== revision.counter)
      throw new Error(`${id} has revision ${revision.counter}, raw ${counters.get(id)}`);
  }
}
