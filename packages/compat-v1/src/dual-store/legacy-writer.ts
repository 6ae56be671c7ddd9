import { setTimeout } from "node:timers/promises";
import {
  compareRevisions,
  type DocumentKey,
  type DocumentStore,
  PalimpsestError,
  type StoredDocument,
} from "@palimpsest/core";
import type { Ledger } from "./ledger.ts";
import { type FamilyKeys, ownRowId, writeRow } from "./legacy-row.ts";
import { type LegacyRows, nameOf } from "./legacy-rows.ts";
import { revisionOf, type RowView, viewOf } from "./row-view.ts";

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

  /** Makes the ledger know every document of these keys in its present revision. */
  async adopt(keys: readonly DocumentKey[]): Promise<void> {
    let open = keys;
    for (let round = 0; open.length > 0; round++) {
      if (round === mostRounds) throw contention();
      if (round > 0) await setTimeout(pauseMs * round);
      open = await this.#adoptOnce(open, round >= mostRounds / 2);
    }
  }

  /** @returns the keys to look at again */
  async #adoptOnce(keys: readonly DocumentKey[], patient: boolean): Promise<DocumentKey[]> {
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
    await this.#follow(behind);
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
    await this.#follow(behind);
  }

  /** Brings the rows to what the ledger says, as far as nothing newer is there. */
  async mirror(written: readonly StoredDocument[]): Promise<void> {
    const last = new Map(written.map((document) => [nameOf(document), document]));
    let open = [...last.values()];
    for (let round = 0; open.length > 0; round++) {
      if (round === mostRounds) throw contention();
      await this.#follow(open);
      // A later delete may have run before this put came to its row.
      const heads = await this.#recordsOf(open);
      open = open.flatMap((document) => {
        const head = heads.get(nameOf(document));
        return head !== undefined && isNewer(head, document) ? [head] : [];
      });
    }
  }

  async #follow(documents: readonly StoredDocument[]): Promise<void> {
    if (documents.length === 0) return;
    const rows = await this.#rows.byKeys(documents);
    const fresh: StoredDocument[] = [];
    for (const document of documents) {
      const own = rows.get(nameOf(document)) ?? [];
      if (document.deleted) await this.#rows.remove(document, own, document.revision);
      else if (own.length === 0) fresh.push(document);
      else await this.#replace(document, viewOf(own, undefined, this.#keys));
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

  /** In place of the row that was shown; the other rows of the id stay, as older revisions. */
  async #replace(document: StoredDocument, view: RowView): Promise<void> {
    const target = view.own ?? view.shown;
    await this.#rows.markSuperseded(view.foreign.filter((row) => row !== target));
    const row = writeRow(document, target?._id ?? ownRowId(document), this.#keys);
    await this.#rows.replace(row, document.revision);
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

/** Only where no row tells its own revision. */
function needsRecord(
  rows: ReadonlyMap<string, readonly { readonly palimpsest?: { counter?: number } }[]>,
  key: DocumentKey,
): boolean {
  const own = rows.get(nameOf(key)) ?? [];
  return own.length > 0 && own.every(({ palimpsest }) => palimpsest?.counter === undefined);
}

function isBehind(view: RowView, record: StoredDocument): boolean {
  if (view.own !== undefined) return compareRevisions(revisionOf(view.own), record.revision) < 0;
  return record.deleted && view.rows.length > view.foreign.length;
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
