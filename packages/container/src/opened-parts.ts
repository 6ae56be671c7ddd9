/** What was opened so far, closed in reverse order. Own code because Node 22 has no `AsyncDisposableStack`. */
export class OpenedParts {
  readonly #parts: (() => Promise<void>)[] = [];
  #closing: Promise<void> | undefined;

  add(close: () => Promise<void>): void {
    this.#parts.push(close);
  }

  /** Closes every part even if one fails; then throws what failed. Calling it twice closes once. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#parts.toReversed()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, "several parts failed to close");
  }
}
