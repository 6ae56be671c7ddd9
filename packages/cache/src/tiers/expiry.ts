/**
 * Calls back after some milliseconds in which an answer could have been heard. A process that was
 * busy, or was not given the processor, has not listened meanwhile: it gets the time once more.
 */
export class Expiry {
  readonly #ms: number;
  readonly #expire: () => void;
  #due: number;
  #isExtended = false;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(ms: number, expire: () => void) {
    this.#ms = ms;
    this.#expire = expire;
    this.#due = performance.now() + ms;
    this.#timer = setTimeout(() => this.#ring(), ms);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
  }

  #ring(): void {
    const late = performance.now() - this.#due;
    if (late > this.#ms && !this.#isExtended) {
      this.#isExtended = true;
      this.#due += late + this.#ms;
      this.#timer = setTimeout(() => this.#ring(), this.#ms);
      return;
    }
    // One more turn, in which an answer that has arrived already is read.
    this.#turn = setImmediate(this.#expire);
  }
}
