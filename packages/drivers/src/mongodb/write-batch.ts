import type { SealedDocument, StoredDocument } from "@palimpsest/core";
import { encodeKey } from "./key-codec.ts";
import type { RecordHead } from "./record.ts";
import { reported } from "./record.ts";
import type { PlannedRecord, RecordWriter } from "./record-writer.ts";
import type { Decision } from "./write-items.ts";

/** What became of one item. */
export type Outcome =
  | { readonly status: "written"; readonly stored: StoredDocument }
  | { readonly status: "conflict"; readonly current: StoredDocument | undefined }
  | { readonly status: "absent" | "older" };

interface Item {
  readonly sealed: SealedDocument;
}

export interface BatchOptions<I extends Item> {
  readonly writer: RecordWriter;
  readonly now: number;
  readonly signal: AbortSignal | undefined;
  readonly decide: (item: I, head: RecordHead | undefined) => Decision;
  /** Runs beside the first read; nothing is written when it throws. */
  readonly before: Promise<void>;
  /** Writes one item without relying on a read, after it was overtaken a few times. */
  readonly insist?: (item: I) => Promise<Outcome>;
}

const patience = 3;

/**
 * Many items in few round trips: one read of what they meet, one bulk write that holds only where
 * that is still true, again for those that were overtaken. Items of one key take turns.
 */
export async function writeBatch<I extends Item>(
  items: readonly I[],
  options: BatchOptions<I>,
): Promise<Outcome[]> {
  return new WriteBatch(items, options).run();
}

class WriteBatch<I extends Item> {
  readonly #items: readonly I[];
  readonly #options: BatchOptions<I>;
  readonly #ids: readonly string[];
  readonly #outcomes: (Outcome | undefined)[];
  readonly #losses: number[];
  #heads = new Map<string, RecordHead>();

  constructor(items: readonly I[], options: BatchOptions<I>) {
    this.#items = items;
    this.#options = options;
    this.#ids = items.map(({ sealed }) => encodeKey(sealed));
    this.#outcomes = items.map(() => undefined);
    this.#losses = items.map(() => 0);
  }

  async run(): Promise<Outcome[]> {
    const { writer, before, signal } = this.#options;
    const keys = this.#items.map(({ sealed }) => sealed);
    [this.#heads] = await Promise.all([writer.heads(keys, signal), before]);
    let waiting = this.#items.map((_, i) => i);
    while (waiting.length > 0) {
      const { turn, rest } = this.#firstOfEachKey(waiting);
      const lost = await this.#round(turn);
      waiting = [...lost, ...rest];
    }
    return this.#outcomes as Outcome[];
  }

  #firstOfEachKey(waiting: readonly number[]): { turn: number[]; rest: number[] } {
    const seen = new Set<string>();
    const turn: number[] = [];
    const rest: number[] = [];
    for (const i of waiting) {
      const id = this.#ids[i] as string;
      (seen.has(id) ? rest : turn).push(i);
      seen.add(id);
    }
    return { turn, rest };
  }

  /** @returns the items that were overtaken, in order */
  async #round(turn: readonly number[]): Promise<number[]> {
    const { writer, decide, insist, now, signal } = this.#options;
    const planned: { readonly i: number; readonly record: PlannedRecord }[] = [];
    const conflicts: number[] = [];
    for (const i of turn) {
      const item = this.#items[i] as I;
      const head = this.#heads.get(this.#ids[i] as string);
      const decision = decide(item, head);
      if ("revision" in decision) {
        planned.push({ i, record: { sealed: item.sealed, revision: decision.revision, head } });
      } else if (decision.skip === "conflict") conflicts.push(i);
      else this.#outcomes[i] = { status: decision.skip };
    }
    await this.#report(conflicts);
    const overtaken = new Set(
      await writer.replaceAll(
        planned.map(({ record }) => record),
        now,
        signal,
      ),
    );
    const lost: number[] = [];
    for (const [position, { i, record }] of planned.entries()) {
      if (overtaken.has(position)) lost.push(i);
      else this.#written(i, record);
    }
    return this.#afterLosses(lost, insist);
  }

  #written(i: number, { sealed, revision, head }: PlannedRecord): void {
    const { deleted, digest } = sealed;
    const indexed = sealed.text !== "" || head?.indexed === true;
    this.#heads.set(this.#ids[i] as string, { ...revision, deleted, digest, indexed });
    this.#outcomes[i] = { status: "written", stored: reported(sealed, revision) };
  }

  async #report(conflicts: readonly number[]): Promise<void> {
    const keys = conflicts.map((i) => (this.#items[i] as I).sealed);
    const current = await this.#options.writer.current(keys, this.#options.signal);
    for (const i of conflicts) {
      this.#outcomes[i] = { status: "conflict", current: current.get(this.#ids[i] as string) };
    }
  }

  async #afterLosses(
    lost: readonly number[],
    insist: BatchOptions<I>["insist"],
  ): Promise<number[]> {
    const again: number[] = [];
    for (const i of lost) {
      this.#losses[i] = (this.#losses[i] as number) + 1;
      if (insist !== undefined && (this.#losses[i] as number) >= patience) {
        this.#outcomes[i] = await insist(this.#items[i] as I);
      } else again.push(i);
    }
    await this.#refresh(lost);
    return again;
  }

  async #refresh(lost: readonly number[]): Promise<void> {
    if (lost.length === 0) return;
    const keys = lost.map((i) => (this.#items[i] as I).sealed);
    const fresh = await this.#options.writer.heads(keys, this.#options.signal);
    for (const i of lost) {
      const id = this.#ids[i] as string;
      const head = fresh.get(id);
      if (head === undefined) this.#heads.delete(id);
      else this.#heads.set(id, head);
    }
  }
}
