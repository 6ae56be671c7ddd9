/** What one caller may wait for the second tier, over all that is asked of it. */
export class Deadline {
  readonly #end: number;

  /** @param ms - from now */
  constructor(ms: number) {
    this.#end = performance.now() + ms;
  }

  /** Milliseconds; not above 0 when it is over. */
  left(): number {
    return this.#end - performance.now();
  }

  /** Resolves with the work or when the time is over. @param work - that never rejects */
  async wait(work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, this.left()));
    });
    await Promise.race([work, end]);
    clearTimeout(timer);
  }
}
