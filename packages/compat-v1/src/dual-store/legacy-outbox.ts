import type {
  CallOptions,
  ClaimOptions,
  Clock,
  DocumentKey,
  Outbox,
  OutboxEntry,
  OutboxStats,
  StoredDocument,
} from "@palimpsest/core";
import { compareRevisions } from "@palimpsest/core";
import type { Ledger } from "./ledger.ts";
import { type LegacyRows, nameOf } from "./legacy-rows.ts";
import type { LegacyWriter } from "./legacy-writer.ts";

/** The ledger's outbox, which also keeps v1's own record of each vector write in the rows. */
export class LegacyOutbox implements Outbox {
  readonly #ledger: Ledger;
  readonly #rows: LegacyRows;
  readonly #writer: LegacyWriter;
  readonly #clock: Clock;

  readonly #skips: (document: StoredDocument) => boolean;

  constructor(parts: {
    readonly ledger: Ledger;
    readonly rows: LegacyRows;
    readonly writer: LegacyWriter;
    readonly clock: Clock;
    readonly skips: (document: StoredDocument) => boolean;
  }) {
    this.#ledger = parts.ledger;
    this.#rows = parts.rows;
    this.#writer = parts.writer;
    this.#clock = parts.clock;
    this.#skips = parts.skips;
  }

  async claim(options: ClaimOptions): Promise<OutboxEntry[]> {
    const ledger = await this.#ledger.toRead();
    if (ledger === undefined) return [];
    const entries = await ledger.outbox.claim(options);
    // Who claims by key has written the rows already.
    if (options.keys === undefined && entries.length > 0) {
      await this.#writer.catchUp(entries.map(({ scope, id }) => ({ scope, id })));
    }
    return entries;
  }

  async settle(
    owner: string,
    entries: readonly OutboxEntry[],
    options?: CallOptions,
  ): Promise<void> {
    const { outbox } = await this.#ledger.toWrite();
    await outbox.settle(owner, entries, options);
    await this.#flag(entries, () => ({
      "metadata.vectorWriteSuccess": true,
      "metadata.vectorWriteError": null,
      "metadata.vectorWriteTimestamp": this.#clock.now(),
    }));
  }

  async retryLater(
    owner: string,
    entries: readonly OutboxEntry[],
    failure: { readonly error: string; readonly retryAt: number },
    options?: CallOptions,
  ): Promise<void> {
    const { outbox } = await this.#ledger.toWrite();
    await outbox.retryLater(owner, entries, failure, options);
    await this.#flag(entries, () => failed(failure.error));
  }

  async quarantine(
    owner: string,
    entries: readonly OutboxEntry[],
    error: string,
    options?: CallOptions,
  ): Promise<void> {
    const { outbox } = await this.#ledger.toWrite();
    await outbox.quarantine(owner, entries, error, options);
    await this.#flag(entries, () => failed(error));
  }

  async quarantined(
    options: CallOptions & { limit: number; after?: DocumentKey },
  ): Promise<OutboxEntry[]> {
    const ledger = await this.#ledger.toRead();
    return ledger === undefined ? [] : ledger.outbox.quarantined(options);
  }

  async enqueue(keys: readonly DocumentKey[], options?: CallOptions): Promise<void> {
    const { outbox } = await this.#ledger.toWrite();
    await this.#writer.adopt(keys.map(({ scope, id }) => ({ scope, id })));
    await outbox.enqueue(keys, options);
  }

  async stats(options?: CallOptions): Promise<OutboxStats> {
    const ledger = await this.#ledger.toRead();
    return ledger === undefined
      ? { pending: 0, quarantined: 0, oldest: undefined }
      : ledger.outbox.stats(options);
  }

  #unflagged(document: StoredDocument): boolean {
    return document.text === "" || this.#skips(document);
  }

  /** Only on rows still in the revision that the entry is about. */
  async #flag(
    entries: readonly OutboxEntry[],
    fields: () => Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const views = await this.#writer.views(entries);
    for (const entry of entries) {
      const { document, shown } = views.get(nameOf(entry)) ?? {};
      if (document === undefined || shown === undefined || this.#unflagged(document)) continue;
      if (compareRevisions(document.revision, entry.revision) > 0) continue;
      if (typeof shown.metadata !== "object" || shown.metadata === null) continue;
      await this.#rows.set(shown, fields());
    }
  }
}

function failed(error: string): Readonly<Record<string, unknown>> {
  return {
    "metadata.vectorWriteSuccess": false,
    "metadata.vectorWriteError": error,
    "metadata.vectorWriteTimestamp": null,
  };
}
