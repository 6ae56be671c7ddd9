import { type CallContext, deriveCall, type Operation } from "../call.ts";
import type { FailureKind } from "../classify/failure.ts";
import { noteFailure, type StepFailure } from "../failure-notes.ts";
import { type ResilienceEvent, type ResilienceListener, tell } from "../telemetry/event.ts";
import { type FallbackStep, takes } from "./step.ts";

export interface FallbackChain<Answer> {
  readonly steps: readonly FallbackStep<Answer>[];
  readonly kindOf: (error: unknown) => FailureKind;
  readonly on: ResilienceListener | undefined;
}

/** One call on its way through the chain. */
export class FallbackRun<T, Answer> {
  readonly #operation: Operation<T>;
  readonly #call: CallContext;
  readonly #chain: FallbackChain<Answer>;
  #tokenSeen = false;

  constructor(operation: Operation<T>, call: CallContext, chain: FallbackChain<Answer>) {
    this.#operation = operation;
    this.#call = call;
    this.#chain = chain;
  }

  /** The primary call. */
  start(): Promise<T> {
    return this.#operation(deriveCall(this.#call, { onToken: this.#onToken }));
  }

  /** Tries the steps after the primary call failed. */
  async takeOver(primary: unknown): Promise<T | Answer> {
    const failures: StepFailure[] = [];
    let failure = this.#failed(undefined, primary, failures);
    for (const step of this.#chain.steps) {
      if (!takes(step, failure.kind)) continue;
      try {
        return await this.#try(step, failure);
      } catch (error) {
        failure = this.#failed(step.name, error, failures);
      }
    }
    this.#tell({ type: "fallback-exhausted", steps: failures.length - 1, kind: failure.kind });
    noteFailure(primary, { steps: failures });
    throw primary;
  }

  /** @throws the error itself when nobody may take over: the caller has seen output, or has left */
  #failed(step: string | undefined, error: unknown, failures: StepFailure[]): StepFailure {
    if (this.#tokenSeen || this.#call.signal.aborted) throw error;
    const failure = { step, kind: this.#chain.kindOf(error), error };
    failures.push(failure);
    return failure;
  }

  async #try(step: FallbackStep<Answer>, failure: StepFailure): Promise<T | Answer> {
    this.#tell({ type: "fallback", step: step.name, kind: failure.kind });
    const call = deriveCall(this.#call, { step: step.name, onToken: this.#onToken });
    const answer = await (step.answer ? step.answer(failure, call) : this.#operation(call));
    this.#tell({ type: "fallback-answered", step: step.name });
    return answer;
  }

  readonly #onToken = (): void => {
    this.#tokenSeen = true;
    this.#call.onToken();
  };

  #tell(event: ResilienceEvent): void {
    tell(event, this.#call, this.#chain.on);
  }
}
