import { setTimeout } from "node:timers/promises";
import {
  compareRevisions,
  type DocumentKey,
  type DocumentStore,
  PalimpsestError,
  type StoredDocument,
} from "@palimpsest/core";
import type { Ledger } from "./ledger.ts";
import { type FamilyKeys, type LegacyRow, ownRowId, writeRow } from "./legacy-row.ts";
import { type LegacyRows, nameOf } from "./legacy-rows.ts";
import { revisionOf, type RowView, viewOf } from "./row-view.ts";

type Seen = ReadonlyMap<string, RowView>;
const nothingSeen: Seen = new Map();
/** Rounds in which other writers may come first before a call gives up. */
const mostRounds = 8;
/** Milliseconds between looks at a row that the ledger knows and the collection lacks. */
const pauseMs = 25;

/** Keeps rows and ledger in step: the ledger decides the revision, the row carries it. */
export class LegacyWriter {
  readonly #rows: LegacyRows;
  readonly #ledger: Ledger;
  readonly #keys: FamilyKeys;

  constructor(rows: LegacyRows, ledger: Ledger, keys: FamilyKeys) {
    this.#rows = rows;
    this.#ledger = ledger;
    this.#keys = keys;
  }

  /** Every document as its rows show it, by `nameOf(key)`. */
  async views(
    keys: readonly DocumentKey[],
    known?: ReadonlyMap<string, StoredDocument>,
  ): Promise<Map<string, RowView>> {
    const rows = await this.#rows.byKeys(keys);
    const records = known ?? (await this.#recordsOf(keys.filter((key) => needsRecord(rows, key))));
    return new Map(
      keys.map((key) => {
        const name = nameOf(key);
        return [name, viewOf(rows.get(name) ?? [], records.get(name), this.#keys)];
      }),
    );
  }

  /**
   * Makes the ledger know every document of these keys in its present revision.
   * @returns what was seen of each, by `nameOf(key)`: only that may a following write replace
   */
  async adopt(keys: readonly DocumentKey[]): Promise<Seen> {
    const seen = new Map<string, RowView>();
    let open = keys;
    for (let round = 0; open.length > 0; round++) {
      if (round === mostRounds) throw contention();
      if (round > 0) await setTimeout(pauseMs * round);
      open = await this.#adoptOnce(open, round >= mostRounds / 2, seen);
    }
    return seen;
  }

  /** @returns the keys to look at again */
  async #adoptOnce(
    keys: readonly DocumentKey[],
    patient: boolean,
    seen: Map<string, RowView>,
  ): Promise<DocumentKey[]> {
    const ledger = await this.#ledger.toWrite();
    // In this order: what the ledger lists and the rows lack may be on its way into the rows.
    const records = await this.#recordsOf(keys);
    const views = await this.views(keys, records);
    const again: DocumentKey[] = [];
    const behind: StoredDocument[] = [];
    const newer: StoredDocument[] = [];
    for (const key of keys) {
      const record = records.get(nameOf(key));
      const view = views.get(nameOf(key)) as RowView;
      seen.set(nameOf(key), view);
      if (record !== undefined && isBehind(view, record)) {
        behind.push(record);
        again.push(key);
      } else if (view.document === undefined && record !== undefined && !record.deleted) {
        // Somebody's insert on its way, or rows removed by hand: only the second lasts.
        if (patient) await ledger.write([{ type: "delete", key, ifRevision: record.revision }]);
        again.push(key);
      } else if (view.document !== undefined && isNewer(view.document, record)) {
        newer.push(view.document);
      }
    }
    await this.#follow(behind, nothingSeen);
    if (newer.length > 0) await ledger.putIfNewer(newer);
    return again;
  }

  /**
   * Writes the rows that the ledger is ahead of: their writer is on its way there, or died. Without
   * this an outbox entry could be settled for a document that is not there yet.
   */
  async catchUp(keys: readonly DocumentKey[]): Promise<void> {
    const records = await this.#recordsOf(keys);
    const views = await this.views(keys, records);
    const behind = [...records].flatMap(([name, record]) => {
      const view = views.get(name) as RowView;
      const lacksRow = !record.deleted && view.rows.length === 0;
      return lacksRow || isBehind(view, record) ? [record] : [];
    });
    await this.#follow(behind, nothingSeen);
  }

  /** Brings the rows to what the ledger says, as far as nothing newer is there. */
  async mirror(written: readonly StoredDocument[], seen: Seen): Promise<void> {
    const last = new Map(written.map((document) => [nameOf(document), document]));
    let open = [...last.values()];
    for (let round = 0; open.length > 0; round++) {
      if (round === mostRounds) throw contention();
      // What another writer's newer revision saw is not known here.
      await this.#follow(open, round === 0 ? seen : nothingSeen);
      // A later delete may have run before this put came to its row.
      const heads = await this.#recordsOf(open);
      open = open.flatMap((document) => {
        const head = heads.get(nameOf(document));
        return head !== undefined && isNewer(head, document) ? [head] : [];
      });
    }
  }

  async #follow(documents: readonly StoredDocument[], seen: Seen): Promise<void> {
    if (documents.length === 0) return;
    const rows = await this.#rows.byKeys(documents);
    const fresh: StoredDocument[] = [];
    for (const document of documents) {
      const name = nameOf(document);
      const now = viewOf(rows.get(name) ?? [], undefined, this.#keys);
      const before = seen.get(name);
      const target = now.own ?? before?.shown;
      if (document.deleted) {
        await this.#rows.remove(document, before?.rows ?? marked(now), document.revision);
      } else if (target === undefined) fresh.push(document);
      else await this.#replace(document, target, before?.foreign ?? []);
    }
    await this.#addFresh(fresh);
  }

  async #addFresh(documents: readonly StoredDocument[]): Promise<void> {
    if (documents.length === 0) return;
    const rows = documents.map((document) => writeRow(document, ownRowId(document), this.#keys));
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) {
      if (await this.#rows.add(only)) return;
      await this.#rows.replace(only, revisionOf(only));
      return;
    }
    for (const position of await this.#rows.addMany(rows)) {
      const row = rows[position];
      if (row !== undefined) await this.#rows.replace(row, revisionOf(row));
    }
  }

  /** In place of the row that was shown; the other rows that were seen stay, as older revisions. */
  async #replace(
    document: StoredDocument,
    target: LegacyRow,
    foreign: readonly LegacyRow[],
  ): Promise<void> {
    const { revision } = document;
    const others = foreign.filter((row) => String(row._id) !== String(target._id));
    await this.#rows.markSuperseded(others);
    const row = writeRow(document, target._id, this.#keys);
    if (await this.#rows.replace(row, revision)) return;
    // It has a newer revision, unless it was removed meanwhile: then it is written anew.
    if (await this.#rows.exists(target)) return;
    await this.#rows.add({ ...row, _id: ownRowId(document) });
  }

  async #recordsOf(keys: readonly DocumentKey[]): Promise<Map<string, StoredDocument>> {
    const ledger: DocumentStore | undefined =
      keys.length === 0 ? undefined : await this.#ledger.toRead();
    if (ledger === undefined) return new Map();
    const records = await ledger.get(
      keys.map(({ scope, id }) => ({ scope, id })),
      {
        includeDeleted: true,
      },
    );
    return new Map(
      records.flatMap((record) => (record === undefined ? [] : [[nameOf(record), record]])),
    );
  }
}

/** Rows that an earlier write of this package has seen. */
function marked({ rows }: RowView): readonly LegacyRow[] {
  return rows.filter(({ palimpsest }) => palimpsest !== undefined);
}

/** Only where no row tells its own revision. */
function needsRecord(
  rows: ReadonlyMap<string, readonly { readonly palimpsest?: { counter?: number } }[]>,
  key: DocumentKey,
): boolean {
  const own = rows.get(nameOf(key)) ?? [];
  return own.length > 0 && own.every(({ palimpsest }) => palimpsest?.counter === undefined);
}

/** The ledger may also be ahead of the row by what `adopt` told it: that is no other content. */
function isBehind(view: RowView, record: StoredDocument): boolean {
  const { document } = view;
  if (document === undefined) return record.deleted && view.rows.length > view.foreign.length;
  const order = compareRevisions(document.revision, record.revision);
  if (order !== 0 || document.digest === record.digest) return order < 0;
  // A row of the ledger's own revision was edited by hand; there is nothing to catch up with.
  return view.own === undefined || compareRevisions(revisionOf(view.own), record.revision) < 0;
}

function isNewer(document: StoredDocument, than: StoredDocument | undefined): boolean {
  return than === undefined || compareRevisions(document.revision, than.revision) > 0;
}

function contention(): PalimpsestError {
  return new PalimpsestError(
    "E_LOCKED",
    "other writers kept changing the same documents; repeat the call",
  );
}
