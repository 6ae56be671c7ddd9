import { type CallUsage, NestedLedger } from "../request-ledger.ts";

/** One attempt's account within its request: a lost attempt is charged its upper bound, whatever it says later. */
export class AttemptLedger extends NestedLedger {
  #reported = { cost: 0, tokens: 0 };
  #closed = false;

  override report(usage: CallUsage): void {
    if (this.#closed) return;
    super.report(usage);
    const { cost = 0, tokens = 0 } = usage;
    this.#reported = {
      cost: this.#reported.cost + cost,
      tokens: this.#reported.tokens + tokens,
    };
  }

  /** Charges what is missing to the upper bound, and ends the account. */
  close({ cost = 0, tokens = 0 }: CallUsage): void {
    this.report({
      cost: Math.max(0, cost - this.#reported.cost),
      tokens: Math.max(0, tokens - this.#reported.tokens),
    });
    this.#closed = true;
  }
}
