/** Work that nobody waits for, until the cache is closed. */
export class Background {
  readonly #running = new Set<Promise<unknown>>();

  /** @param work - that never rejects */
  add(work: Promise<unknown>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  /** Also of what is added meanwhile. */
  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
