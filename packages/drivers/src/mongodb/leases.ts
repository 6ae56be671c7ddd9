import { randomUUID } from "node:crypto";
import { PalimpsestError } from "@palimpsest/core";
import type { Connection } from "./connection.ts";
import { isDuplicateKey } from "./mongodb-errors.ts";

const lockName = /^[a-z0-9-]{1,64}$/;

export interface LeasesOptions {
  readonly connection: Connection;
  /** Milliseconds after which the lock of a dead holder is free. */
  readonly lockTtl: number;
  readonly onWarning: (message: string) => void;
}

/**
 * Locks as documents that a heartbeat keeps alive. Times are the server's, so the clocks of the
 * contenders do not matter.
 */
export class Leases {
  readonly #options: LeasesOptions;
  readonly #held = new Set<AsyncDisposable>();

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** @returns undefined while another holder has it */
  async take(name: string): Promise<AsyncDisposable | undefined> {
    if (!lockName.test(name)) {
      throw new PalimpsestError(
        "E_INVALID_INPUT",
        `a lock's name is 1 to 64 of a-z, 0-9 and "-", got ${JSON.stringify(name)}`,
      );
    }
    const { connection } = this.#options;
    const lease = { _id: `lock:${name}`, owner: randomUUID() };
    const taken = await connection.run(undefined, () => this.#acquire(lease));
    return taken ? this.#keep(lease, name) : undefined;
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held].map((lock) => lock[Symbol.asyncDispose]()));
  }

  async #acquire({ _id, owner }: Lease): Promise<boolean> {
    const { connection, lockTtl } = this.#options;
    const now = await this.#serverTime();
    try {
      await connection.control.updateOne(
        { _id, until: { $lte: now } },
        { $set: { owner, until: now + lockTtl } },
        { upsert: true },
      );
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  #keep(lease: Lease, name: string): AsyncDisposable {
    const { connection, lockTtl, onWarning } = this.#options;
    const beat = (): void => {
      this.#renew(lease).then(
        (kept) => {
          if (kept || !this.#held.has(lock)) return;
          stop();
          onWarning(
            `the lock ${name} was lost because it was not renewed for ${lockTtl} ms; another process may hold it`,
          );
        },
        () => {
          if (this.#held.has(lock))
            onWarning(`the lock ${name} could not be renewed; trying again`);
        },
      );
    };
    const timer = setInterval(beat, lockTtl / 3).unref();
    const stop = (): void => {
      clearInterval(timer);
      this.#held.delete(lock);
    };
    const lock: AsyncDisposable = {
      [Symbol.asyncDispose]: async () => {
        if (!this.#held.has(lock)) return;
        stop();
        // After `close` the lease ends by itself.
        if (!connection.isOpen) return;
        await connection.run(undefined, () => connection.control.deleteOne({ ...lease }));
      },
    };
    this.#held.add(lock);
    return lock;
  }

  async #renew({ _id, owner }: Lease): Promise<boolean> {
    const { connection, lockTtl } = this.#options;
    const until = (await this.#serverTime()) + lockTtl;
    const { matchedCount } = await connection.control.updateOne(
      { _id, owner },
      { $set: { until } },
    );
    return matchedCount === 1;
  }

  async #serverTime(): Promise<number> {
    const { localTime } = await this.#options.connection.hello();
    if (localTime instanceof Date) return localTime.getTime();
    throw new PalimpsestError("E_UNSUPPORTED", "the MongoDB server does not tell its time");
  }
}

interface Lease {
  readonly _id: string;
  readonly owner: string;
}
