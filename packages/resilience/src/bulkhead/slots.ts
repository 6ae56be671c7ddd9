import {
  abortError,
  type CallChanges,
  type CallContext,
  type CallParent,
  deriveCall,
  enterCall,
  type Operation,
} from "../call.ts";
import { WaitingRoom, type WaitingRoomOptions } from "./waiting-room.ts";

/**
 * Slots for calls that run at the same time. A slot is free again when the operation has settled and
 * everything that it named by `holdUntil` too: a call that timed out but goes on still has its slot.
 */
export class Slots {
  readonly #room: WaitingRoom<void>;
  #limit: number;
  #running = 0;

  constructor(limit: number, room: WaitingRoomOptions) {
    this.#limit = limit;
    this.#room = new WaitingRoom(room);
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#room.size;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A lower limit ends no call: it holds once enough of them have ended. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#admit();
  }

  /** Runs the operation when it has a slot. @throws what the waiting room refuses with */
  async run<T>(operation: Operation<T>, parent: CallParent | undefined): Promise<T> {
    const call = enterCall(parent);
    if (this.#running < this.#limit) this.#running += 1;
    else await this.#wait(call);
    const slot = new Slot(call, this.#take, this.#free);
    try {
      return await operation(deriveCall(call, slot));
    } finally {
      slot.release();
    }
  }

  async #wait(call: CallContext): Promise<void> {
    await this.#room.enter(call);
    if (!call.signal.aborted) return;
    this.#free();
    throw abortError(call.signal);
  }

  readonly #take = (): void => {
    this.#running += 1;
  };

  readonly #free = (): void => {
    this.#running -= 1;
    this.#admit();
  };

  /** The slot is taken here, not when the caller wakes: a newcomer must not slip in between. */
  #admit(): void {
    while (this.#running < this.#limit && this.#room.admit()) this.#running += 1;
  }
}

/** One taken slot, held by the operation and by the work that it names; what its context has of its own. */
class Slot implements CallChanges {
  readonly #call: CallContext;
  readonly #take: () => void;
  readonly #free: () => void;
  #holders = 1;

  constructor(call: CallContext, take: () => void, free: () => void) {
    this.#call = call;
    this.#take = take;
    this.#free = free;
  }

  get holdUntil(): (work: Promise<unknown>) => void {
    return (work) => this.#hold(work);
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#free();
  }

  #hold(work: Promise<unknown>): void {
    // Work that is named when its slot is free already runs all the same, so it counts.
    if (this.#holders === 0) this.#take();
    this.#holders += 1;
    const release = (): void => this.release();
    work.then(release, release);
    this.#call.holdUntil(work);
  }
}
