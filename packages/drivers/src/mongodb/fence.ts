import { type CallOptions, PalimpsestError } from "@palimpsest/core";
import { checkCount } from "../shared/arguments.ts";
import type { Connection } from "./connection.ts";
import { isDuplicateKey } from "./mongodb-errors.ts";

const fenceId = "fence";

/**
 * The lowest epoch that may write, in a document of its own. Without transactions a write reads it
 * before and again after: see the README for what that guarantees.
 */
export class Fence {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** From the primary's newest state, since a majority read could lag behind a raise. */
  async read(options: CallOptions = {}): Promise<number> {
    const { control } = this.#connection;
    const found = await this.#connection.run(options.signal, () =>
      control.findOne({ _id: fenceId }, { readConcern: { level: "local" } }),
    );
    return found?.number ?? 0;
  }

  async raise(epoch: number, options: CallOptions = {}): Promise<number> {
    checkCount(epoch, "epoch", 0);
    return this.#connection.run(options.signal, async () => {
      for (;;) {
        try {
          const after = await this.#connection.control.findOneAndUpdate(
            { _id: fenceId },
            { $max: { number: epoch } },
            { upsert: true, returnDocument: "after" },
          );
          return after?.number ?? epoch;
        } catch (error) {
          // Two first raises at once; the fence exists now.
          if (!isDuplicateKey(error)) throw error;
        }
      }
    });
  }

  async checkBefore(epoch: number, options: CallOptions): Promise<void> {
    const fence = await this.read(options);
    if (epoch >= fence) return;
    throw new PalimpsestError(
      "E_FENCED",
      `a write of epoch ${epoch} is below the fence ${fence}; another writer took over, reopen the store`,
    );
  }

  /** What was written before the fence rose cannot be told from what was written after. */
  async checkAfter(epoch: number): Promise<void> {
    const fence = await this.read();
    if (epoch >= fence) return;
    throw new PalimpsestError(
      "E_FENCED",
      `the fence rose to ${fence} during a write of epoch ${epoch}, which may have been applied; reopen the store and read the documents again`,
    );
  }
}
