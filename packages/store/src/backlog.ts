import { PalimpsestError } from "@palimpsest/core";
import type { Parts } from "./parts.ts";

/** Part of the free room that one process may use before it counts again: others write, too. */
const share = 4;

/**
 * Bounds what may wait in the outbox. Counting costs a round trip, so it is done again only when the
 * room found by the last count may be used up; near the limit that is with every write.
 */
export class Backlog {
  readonly #parts: Parts;
  #room = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Asked before anything is written. @throws `E_FULL` */
  async admit(writes: number): Promise<void> {
    const { consistency, maxBacklog, documents, vectors } = this.#parts;
    if (consistency === "strict") return;
    if (this.#room < writes) {
      const { pending } = await documents.outbox.stats();
      const free = maxBacklog - pending;
      if (free < writes && !(pending === 0 && writes > maxBacklog)) {
        this.#room = 0;
        throw full(pending, maxBacklog, vectors.name);
      }
      this.#room = Math.max(writes, Math.floor(free / share));
    }
    this.#room -= writes;
  }
}

function full(pending: number, maxBacklog: number, index: string): PalimpsestError {
  return new PalimpsestError(
    "E_FULL",
    `${pending} documents wait for the vector index ${index} and maxBacklog is ${maxBacklog}; nothing of this call was written. ` +
      "Wait until the index answers and the backlog drains (`stats` and `health` tell), then write again, or raise maxBacklog",
  );
}
