import { numberOption } from "../number-option.ts";

/** One deadline among those of its queue. */
export interface Deadline {
  /** When it expires, by `performance.now()`. */
  readonly due: number;
  /** Takes the deadline back; harmless when it has expired. */
  stop(): void;
}

/** Milliseconds; Node runs a longer timer at once. */
export const longestTimer: number = 2 ** 31 - 1;

/**
 * Deadlines of one duration, which therefore expire in the order of their start: a linked list with one
 * timer for all of them. Start and stop cost a few pointer writes; a timer per call costs more than
 * everything else that a policy does.
 */
export class DeadlineQueue {
  /** Milliseconds. */
  readonly duration: number;
  /** The ring's fixed point: `next` is the oldest deadline. */
  readonly #ring: Link = new Link();
  #timer: NodeJS.Timeout | undefined;
  #expiring = false;

  /** @throws `E_INVALID_INPUT` unless 0 < duration < 2 ** 31 milliseconds */
  constructor(name: string, duration: number) {
    numberOption(`the timeout "${name}" in milliseconds`, duration, {
      above: 0,
      atMost: longestTimer,
    });
    this.duration = duration;
  }

  get size(): number {
    let size = 0;
    for (let link = this.#ring.next; link !== this.#ring; link = link.next) size += 1;
    return size;
  }

  /** @param expire - must not throw: it runs from the timer */
  start(expire: () => void): Deadline {
    const wasEmpty = this.#ring.next === this.#ring;
    const link = new Link(this, performance.now() + this.duration, expire);
    link.insertBefore(this.#ring);
    if (this.#timer === undefined) {
      // What starts while others expire is not the first in line; the timer is set after them.
      if (!this.#expiring) this.#arm(this.duration);
    } else if (wasEmpty) this.#timer.ref();
    return link;
  }

  /** An empty queue's timer runs out by itself; until then it must not keep the process alive. */
  onStop(): void {
    if (this.#ring.next === this.#ring) this.#timer?.unref();
  }

  #arm(delay: number): void {
    this.#timer = setTimeout(() => this.#expireDue(), delay);
  }

  #expireDue(): void {
    this.#timer = undefined;
    this.#expiring = true;
    const now = performance.now();
    let first = this.#ring.next;
    while (first !== this.#ring && first.due <= now) {
      first.unlink();
      first.expire();
      first = this.#ring.next;
    }
    this.#expiring = false;
    if (first !== this.#ring) this.#arm(Math.ceil(first.due - now));
  }
}

const nothing = (): void => {};

class Link implements Deadline {
  previous: Link = this;
  next: Link = this;
  readonly due: number;
  readonly expire: () => void;
  readonly #queue: DeadlineQueue | undefined;

  constructor(queue?: DeadlineQueue, due = Infinity, expire: () => void = nothing) {
    this.#queue = queue;
    this.due = due;
    this.expire = expire;
  }

  stop(): void {
    if (this.next === this) return;
    this.unlink();
    this.#queue?.onStop();
  }

  insertBefore(link: Link): void {
    this.previous = link.previous;
    this.next = link;
    link.previous.next = this;
    link.previous = this;
  }

  unlink(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.previous = this;
    this.next = this;
  }
}
