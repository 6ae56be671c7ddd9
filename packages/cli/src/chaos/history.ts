import { compareRevisions, type DocumentKey, type Revision } from "@palimpsest/core";

export type ProblemKind =
  /** An acknowledged write is gone. */
  | "lost"
  /** One write counted twice, one key listed twice, or one revision with two contents. */
  | "duplicated"
  /** A deleted document is back. */
  | "resurrected"
  /** An id or a text that nobody wrote. */
  | "ghosts"
  /** A document that is partly one write and partly another. */
  | "torn"
  /** A later write has no higher revision than an earlier one. */
  | "revisionsBack"
  /** Restart and drain left the indexes wrong where the contract needs no `repair`. */
  | "unconverged"
  /** `repair` left the indexes wrong. */
  | "divergedAfterRepair"
  /** A failure that is none of the library's own errors. */
  | "unexpected";

export interface Problem {
  readonly kind: ProblemKind;
  readonly detail: string;
}

/** What a write leaves under one key; null is a deletion. */
export interface Written extends DocumentKey {
  readonly text: string | null;
}

/** `at` orders all events of a schedule. A write without `end` may happen at any later time. */
export type HistoryEvent =
  | {
      readonly type: "start";
      readonly op: number;
      readonly at: number;
      readonly writes: readonly Written[];
    }
  | {
      readonly type: "acknowledged";
      readonly op: number;
      readonly at: number;
      readonly revisions: readonly Revision[];
    }
  /** The document is written again as it is, under a new revision. */
  | {
      readonly type: "touch";
      readonly op: number;
      readonly at: number;
      readonly key: DocumentKey;
    }
  /** The store said that it did nothing. */
  | { readonly type: "refused"; readonly op: number; readonly at: number };

interface Write extends Written {
  readonly op: number;
  readonly start: number;
  end: number;
  revision: Revision | undefined;
}

/** A document as it was read. */
export interface Seen extends DocumentKey {
  /** Null for none. */
  readonly text: string | null;
  readonly op: unknown;
  readonly revision?: Revision;
}

/** The writes of a schedule and what was promised about them; says whether what is read later can be. */
export class History {
  readonly problems: Problem[] = [];
  acknowledged = 0;
  unacknowledged = 0;
  readonly #onEvent: (event: HistoryEvent) => void;
  readonly #writes = new Map<string, Write[]>();
  readonly #open = new Map<number, Write[]>();
  /** The write behind each revision that anybody was told of. */
  readonly #revisions = new Map<string, number>();
  readonly #touches = new Map<string, number>();
  #at = 0;

  constructor(onEvent: (event: HistoryEvent) => void = () => undefined) {
    this.#onEvent = onEvent;
  }

  /** The next moment. */
  tick(): number {
    return ++this.#at;
  }

  start(op: number, writes: readonly Written[]): void {
    this.apply({ type: "start", op, at: this.tick(), writes });
  }

  /** @param revisions - of the writes, in order; none for a deletion */
  acknowledge(op: number, revisions: readonly Revision[] = []): void {
    this.apply({ type: "acknowledged", op, at: this.tick(), revisions });
  }

  touch(op: number, { scope, id }: DocumentKey): void {
    this.apply({ type: "touch", op, at: this.tick(), key: { scope, id } });
  }

  refuse(op: number): void {
    this.apply({ type: "refused", op, at: this.tick() });
  }

  /** Takes an event as it happened, here or in another process. */
  apply(event: HistoryEvent): void {
    this.#onEvent(event);
    this.#at = Math.max(this.#at, event.at);
    if (event.type === "start") return this.#start(event.op, event.at, event.writes);
    if (event.type === "touch") return this.#touch(event.key);
    const writes = this.#open.get(event.op) ?? [];
    this.#open.delete(event.op);
    this.unacknowledged--;
    if (event.type === "refused") return this.#forget(writes);
    this.acknowledged++;
    for (const [i, write] of writes.entries()) this.#end(write, event.at, event.revisions[i]);
  }

  #start(op: number, start: number, writes: readonly Written[]): void {
    this.unacknowledged++;
    const opened = writes.map((written) => ({
      ...written,
      op,
      start,
      end: Infinity,
      revision: undefined,
    }));
    this.#open.set(op, opened);
    for (const write of opened) this.#of(write).push(write);
  }

  #touch(key: DocumentKey): void {
    const name = nameOf(key);
    this.#touches.set(name, (this.#touches.get(name) ?? 0) + 1);
  }

  #forget(writes: readonly Write[]): void {
    for (const write of writes) {
      const all = this.#of(write);
      all.splice(all.indexOf(write), 1);
    }
  }

  #end(write: Write, at: number, revision: Revision | undefined): void {
    write.end = at;
    if (revision === undefined) return;
    write.revision = revision;
    this.#noteRevision(write, revision, write.op);
    for (const earlier of this.#of(write)) {
      if (earlier.revision === undefined || earlier.end >= write.start) continue;
      if (compareRevisions(earlier.revision, revision) < 0) continue;
      this.report(
        "revisionsBack",
        `${nameOf(write)}: write ${write.op} got ${show(revision)} after write ${earlier.op} got ${show(earlier.revision)}`,
      );
    }
  }

  #noteRevision(key: DocumentKey, revision: Revision, op: number): void {
    const name = `${nameOf(key)} ${show(revision)}`;
    const known = this.#revisions.get(name) ?? op;
    this.#revisions.set(name, known);
    if (known !== op) this.report("duplicated", `${name} is of write ${known} and of write ${op}`);
  }

  report(kind: ProblemKind, detail: string): void {
    this.problems.push({ kind, detail });
  }

  isKnown(key: DocumentKey): boolean {
    return this.#writes.has(nameOf(key));
  }

  keys(): DocumentKey[] {
    return [...this.#writes.values()].flatMap((writes) => writes.slice(0, 1));
  }

  /** Most revisions that the writes of a key can have used. */
  attempts(key: DocumentKey): number {
    return this.#of(key).length + (this.#touches.get(nameOf(key)) ?? 0);
  }

  /**
   * Reports what cannot have been read between two moments: every read shows a write that started
   * before it ended, and none that an acknowledged one had replaced before the read began.
   */
  checkRead(seen: Seen, start: number, end: number): void {
    const writes = this.#of(seen);
    const settled = writes.filter((write) => write.end < start);
    const name = nameOf(seen);
    if (seen.text === null) {
      if (this.#mayBeAbsent(seen, start, end)) return;
      return this.report(
        "lost",
        `${name} is gone, but write ${settled.at(-1)?.op} was acknowledged`,
      );
    }
    const write = writes.find(({ op }) => op === seen.op);
    if (write === undefined || write.start >= end) {
      return this.report(
        "ghosts",
        `${name} holds ${JSON.stringify(seen.text)}, which nobody wrote there`,
      );
    }
    if (write.text !== seen.text) {
      return this.report(
        "torn",
        `${name} has the metadata of write ${write.op} and the text ${JSON.stringify(seen.text)}`,
      );
    }
    if (seen.revision) this.#noteRevision(seen, seen.revision, write.op);
    const later = replacementOf(write, settled);
    if (later === undefined) return;
    const kind = later.text === null ? "resurrected" : "lost";
    this.report(
      kind,
      `${name} shows write ${write.op}, which the acknowledged write ${later.op} had replaced`,
    );
  }

  /** An acknowledged insert says that there was no document at some moment while it ran. */
  checkInsert(key: DocumentKey, op: number, start: number, end: number): void {
    if (this.#mayBeAbsent(key, start, end)) return;
    this.report("duplicated", `${nameOf(key)} was there when write ${op} inserted it`);
  }

  #mayBeAbsent(key: DocumentKey, start: number, end: number): boolean {
    const writes = this.#of(key);
    const settled = writes.filter((write) => write.end < start);
    const deletions = writes.filter((write) => write.text === null && write.start < end);
    return settled.length === 0 || deletions.some((one) => !replacementOf(one, settled));
  }

  #of(key: DocumentKey): Write[] {
    const name = nameOf(key);
    let writes = this.#writes.get(name);
    if (writes === undefined) this.#writes.set(name, (writes = []));
    return writes;
  }
}

/** An acknowledged write that began after this one had ended. */
function replacementOf(write: Write, settled: readonly Write[]): Write | undefined {
  return settled.find((later) => later !== write && write.end < later.start);
}

export function nameOf({ scope, id }: DocumentKey): string {
  return `${scope}/${id}`;
}

function show({ epoch, counter }: Revision): string {
  return `${epoch}.${counter}`;
}
