import type { Revision } from "@palimpsest/core";
import { encodeKey } from "./key-codec.ts";
import { type RecordHead, reported } from "./record.ts";
import type { Guard, RecordWriter } from "./record-writer.ts";
import type { Outcome } from "./write-batch.ts";
import { decideWrite, type PlannedItem } from "./write-items.ts";

export interface WriteOneOptions {
  readonly writer: RecordWriter;
  readonly epoch: number;
  readonly now: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes one item by one atomic operation that takes the next revision from the present record.
 * A plain put needs no read before it, and no number of concurrent writers holds it up.
 */
export async function writeOne(item: PlannedItem, options: WriteOneOptions): Promise<Outcome> {
  const { writer, epoch, signal } = options;
  const { sealed } = item;
  if (item.ifRevision === undefined && sealed.text !== "") {
    const revision = await advance(item, undefined, options);
    if (revision !== undefined) return { status: "written", stored: reported(sealed, revision) };
  }
  for (;;) {
    const head = (await writer.heads([sealed], signal)).get(encodeKey(sealed));
    const decision = decideWrite(item, head, epoch);
    if ("skip" in decision) {
      if (decision.skip !== "conflict") return { status: decision.skip };
      const current = await writer.current([sealed], signal);
      return { status: "conflict", current: current.get(encodeKey(sealed)) };
    }
    const revision = await advance(item, head, options);
    if (revision !== undefined) return { status: "written", stored: reported(sealed, revision) };
  }
}

function advance(
  item: PlannedItem,
  head: RecordHead | undefined,
  { writer, epoch, now, signal }: WriteOneOptions,
): Promise<Revision | undefined> {
  return writer.advance(item.sealed, epoch, { head, guard: guardOf(item, head), now, signal });
}

/** What must still hold when the write happens, so that the decision on `head` stays right. */
function guardOf({ sealed, ifRevision }: PlannedItem, head: RecordHead | undefined): Guard {
  return {
    ...(ifRevision && { revision: ifRevision }),
    ...(ifRevision === null && { deleted: true }),
    ...((sealed.deleted || ifRevision) && { deleted: false }),
    // Without text it depends on the record's past whether an index has work.
    ...(sealed.text === "" && { indexed: head?.indexed === true }),
  };
}
