import type { CallContext, CallParent, Operation, PolicyOfKind } from "../call.ts";
import { enterCall } from "../call.ts";
import { numberOption } from "../number-option.ts";
import { CircuitBreakerPolicy } from "./circuit-breaker.ts";
import { breakerSettings, type CircuitBreakerOptions } from "./options.ts";
import type { BreakerSnapshot } from "./snapshot.ts";

export interface BreakerRegistryOptions extends Omit<CircuitBreakerOptions, "name" | "restore"> {
  /** Which circuit a call belongs to, and its name: provider, model and region are a good one. */
  readonly key: (call: CallContext) => string;
  /** Circuits kept; beyond it the one used longest ago is forgotten. @defaultValue 1,000 */
  readonly maximum?: number;
  /** Where the circuit of a key starts. */
  readonly restore?: (key: string) => BreakerSnapshot | undefined;
}

/** One breaker for each upstream, so that a fallback or a hedge is not rejected for the primary's sake. */
export class BreakerRegistry implements PolicyOfKind<"breaker"> {
  readonly kind = "breaker";
  readonly #options: BreakerRegistryOptions;
  readonly #maximum: number;
  /** In the order of use, the oldest first. */
  readonly #breakers = new Map<string, CircuitBreakerPolicy>();

  /** @throws `E_INVALID_INPUT` naming the option that is out of its range */
  constructor(options: BreakerRegistryOptions) {
    this.#options = options;
    this.#maximum = numberOption("maximum", options.maximum ?? 1_000, {
      atLeast: 1,
      integer: true,
    });
    // A wrong option should show now, not at the first call.
    const { key: _key, restore: _restore, maximum: _maximum, ...each } = options;
    breakerSettings(each);
  }

  get size(): number {
    return this.#breakers.size;
  }

  async execute<T>(operation: Operation<T>, parent?: CallParent): Promise<T> {
    const call = enterCall(parent);
    return this.get(this.#options.key(call)).execute(operation, call);
  }

  /** The breaker of a key, made at its first use. */
  get(key: string): CircuitBreakerPolicy {
    const breaker = this.#breakers.get(key) ?? this.#create(key);
    this.#breakers.delete(key);
    this.#breakers.set(key, breaker);
    if (this.#breakers.size > this.#maximum) this.#forgetOldest();
    return breaker;
  }

  /** Snapshots by key, for `restore` in another process. */
  snapshot(): Record<string, BreakerSnapshot> {
    return Object.fromEntries(
      [...this.#breakers].map(([key, breaker]) => [key, breaker.snapshot()]),
    );
  }

  #create(key: string): CircuitBreakerPolicy {
    const { restore, ...options } = this.#options;
    const snapshot = restore?.(key);
    return new CircuitBreakerPolicy({
      ...options,
      name: key,
      ...(snapshot && { restore: snapshot }),
    });
  }

  #forgetOldest(): void {
    const [oldest] = this.#breakers.keys();
    if (oldest !== undefined) this.#breakers.delete(oldest);
  }
}

/** One breaker per key, as many as are in use. */
export function breakers(options: BreakerRegistryOptions): BreakerRegistry {
  return new BreakerRegistry(options);
}
