import type { Clock } from "@palimpsest/core";
import { type CallContext, deriveCall } from "../call.ts";

/** Whether a call is slow: until its first token, when it tells one, else until it returns. */
export class Stopwatch {
  /** The context to run the call in, so that its tokens are seen. */
  readonly call: CallContext;
  readonly #slowCall: number;
  readonly #clock: Clock;
  readonly #started: number;
  #firstToken: number | undefined;

  constructor(outer: CallContext, slowCall: number, clock: Clock) {
    this.#slowCall = slowCall;
    this.#clock = clock;
    this.#started = clock.now();
    const onToken = (): void => {
      this.#firstToken ??= clock.now();
      outer.onToken();
    };
    this.call = deriveCall(outer, { onToken });
  }

  isSlow(): boolean {
    return (this.#firstToken ?? this.#clock.now()) - this.#started >= this.#slowCall;
  }
}
