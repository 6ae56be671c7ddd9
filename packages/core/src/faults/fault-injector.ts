import type { DocumentStore } from "../document-store.ts";
import type { Embedder } from "../embedder.ts";
import { PalimpsestError, throwIfAborted } from "../errors.ts";
import type { LexicalIndex } from "../lexical-index.ts";
import type { VectorIndex } from "../vector-index.ts";
import {
  type FaultCall,
  type FaultEffect,
  type FaultKind,
  faultKinds,
  type FaultRecord,
  type FaultTarget,
} from "./fault.ts";
import { disturbed, faultMethods } from "./fault-targets.ts";
import { type FaultTime, realTime } from "./fault-time.ts";
import { SeededRandom } from "./seeded-random.ts";

export interface FaultInjectorOptions {
  /** Equal seeds and equal sequences of calls give equal faults. */
  readonly seed: number;
  /** Share of calls that are disturbed, 0 to 1. @defaultValue 0.1 */
  readonly rate?: number;
  /** @defaultValue all of them */
  readonly kinds?: readonly FaultKind[];
  /** Limits the faults to these contracts. @defaultValue all of them */
  readonly targets?: readonly FaultTarget[];
  /** @defaultValue `realTime` */
  readonly time?: FaultTime;
  /** Milliseconds after which a call that hangs fails. @defaultValue 30,000 */
  readonly deadlineMs?: number;
  /** Longest wait of a slow call in milliseconds. @defaultValue 50 */
  readonly slowMs?: number;
  /** What a disturbed call throws. @defaultValue `E_UNAVAILABLE`, for an embedder `E_EMBEDDING_FAILED` */
  readonly error?: (record: FaultRecord) => Error;
  /** Sees every call before and after it reaches the engine, e.g. to kill the process there. */
  readonly onCall?: (call: FaultCall, moment: "before" | "after") => void;
}

type Invoke = (args: unknown[]) => unknown;

/** One call on its way. */
interface Work {
  readonly call: FaultCall;
  readonly args: unknown[];
  /** Reaches the engine, unless the injector is severed by then. */
  readonly reach: Invoke;
  /** Reaches the engine in any case. */
  readonly invoke: Invoke;
}

/**
 * Stands between a caller and its drivers and breaks some of their calls. One injector is one
 * process's way to its engines: `sever` it and nothing of that process arrives any more.
 */
export class FaultInjector {
  readonly seed: number;
  /** While false every call passes, except to a target that is down. */
  enabled: boolean = true;
  /** Every fault so far, in order. */
  readonly log: FaultRecord[] = [];
  readonly #options: FaultInjectorOptions;
  readonly #random: SeededRandom;
  readonly #time: FaultTime;
  readonly #downUntil = new Map<FaultTarget, number>();
  readonly #connections = new Map<FaultTarget, AbortController>();
  readonly #closing = new AbortController();
  #calls = 0;
  #severed = false;

  constructor(options: FaultInjectorOptions) {
    const { rate = 0.1 } = options;
    if (!(rate >= 0 && rate <= 1)) {
      throw new PalimpsestError("E_INVALID_INPUT", `rate must be from 0 to 1, got ${rate}`);
    }
    this.seed = options.seed;
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#time = options.time ?? realTime;
  }

  /** Also disturbs the store's outbox and settings. Batches break apart only without `transactions`. */
  documents(store: DocumentStore): DocumentStore {
    const { transactions } = store.capabilities;
    const methods = transactions
      ? { ...faultMethods.documents, write: undefined, putIfNewer: undefined }
      : faultMethods.documents;
    return disturbed(store, methods, this.#disturb("documents", methods), {
      outbox: this.#wrap("outbox", store.outbox),
      settings: this.#wrap("settings", store.settings),
    });
  }

  vectors(index: VectorIndex): VectorIndex {
    return this.#wrap("vectors", index);
  }

  lexical(index: LexicalIndex): LexicalIndex {
    return this.#wrap("lexical", index);
  }

  embedder(embedder: Embedder): Embedder {
    return this.#wrap("embedder", embedder);
  }

  /** Every call to `target` fails, without effect, until `ms` have passed. */
  outage(target: FaultTarget, ms: number): void {
    this.#downUntil.set(target, this.#time.now() + ms);
  }

  /** As if the process had died: no call has an effect or an answer from now on, but what was sent may land. */
  sever(): void {
    this.#severed = true;
  }

  /** Severs, and fails with `E_CLOSED` what would wait for an answer for ever. */
  close(): void {
    this.sever();
    this.#closing.abort(
      new PalimpsestError("E_CLOSED", "the fault injector was closed; make a new one"),
    );
  }

  #wrap<T extends object>(target: FaultTarget, inner: T): T {
    const methods = faultMethods[target];
    return disturbed(inner, methods, this.#disturb(target, methods));
  }

  #disturb(
    target: FaultTarget,
    methods: Readonly<Record<string, number | undefined>>,
  ): (method: string, args: unknown[], invoke: Invoke) => Promise<unknown> {
    return (method, args, invoke) => {
      const call = { number: ++this.#calls, target, method };
      const work = {
        call,
        args,
        reach: (now: unknown[]) => this.#reach(call, now, invoke),
        invoke,
      };
      return this.#run(work, methods[method]);
    };
  }

  async #run(work: Work, listAt: number | undefined): Promise<unknown> {
    const { call, args, reach } = work;
    if (this.#severed) return this.#forever();
    if ((this.#downUntil.get(call.target) ?? 0) > this.#time.now()) {
      throw this.#fault(call, "outage", "none");
    }
    const kind = this.#choose(call.target);
    if (kind === undefined) return reach(args);
    const coin = this.#random.next();
    switch (kind) {
      case "fail-before":
        throw this.#fault(call, kind, "none");
      case "fail-after":
        await reach(args);
        throw this.#fault(call, kind, "whole");
      case "slow":
        this.#record(call, kind, "whole");
        await this.#wait(call.target, Math.ceil(coin * (this.#options.slowMs ?? 50)), args);
        return reach(args);
      case "partial":
        return this.#partial(work, listAt, coin);
      case "reset":
        return this.#reset(work, coin < 0.5);
      default:
        return this.#hang(work, coin);
    }
  }

  /** Draws the same amount of chance for every call, so that one fault less does not change the rest. */
  #choose(target: FaultTarget): FaultKind | undefined {
    const { rate = 0.1, kinds = faultKinds, targets } = this.#options;
    const hit = this.#random.chance(rate);
    const kind = this.#random.pick(kinds);
    const wanted = targets === undefined || targets.includes(target);
    return hit && this.enabled && wanted ? kind : undefined;
  }

  async #partial(
    { call, args, reach }: Work,
    listAt: number | undefined,
    coin: number,
  ): Promise<unknown> {
    const list = listAt === undefined ? undefined : args[listAt];
    if (listAt === undefined || !Array.isArray(list)) throw this.#fault(call, "partial", "none");
    const part = list.slice(0, Math.floor(coin * list.length));
    const answer = await reach(args.with(listAt, part));
    if (call.target !== "embedder") throw this.#fault(call, "partial", "part");
    this.#record(call, "partial", "part");
    return answer;
  }

  async #reset({ call, args, reach }: Work, reached: boolean): Promise<never> {
    if (reached) await reach(args);
    const failure = this.#fault(call, "reset", reached ? "whole" : "none");
    this.#connections.get(call.target)?.abort(failure);
    this.#connections.delete(call.target);
    throw failure;
  }

  /** One third each: the request never arrived, only its answer got lost, or it is still on its way. */
  async #hang(work: Work, coin: number): Promise<never> {
    const { call, args, reach } = work;
    const { deadlineMs = 30_000 } = this.#options;
    const effect = coin < 1 / 3 ? "none" : coin < 2 / 3 ? "whole" : "later";
    const failure = this.#fault(call, "hang", effect);
    if (effect === "whole") await reach(args);
    if (effect === "later") void this.#land(work, Math.ceil(deadlineMs * (1 + coin)));
    await this.#wait(call.target, deadlineMs, args);
    throw failure;
  }

  /** The caller has given up by then, so nobody hears of a failure. */
  async #land({ args, invoke }: Work, ms: number): Promise<void> {
    await this.#time.wait(ms);
    const landing = args.map((arg) =>
      signalOf([arg]) ? { ...(arg as object), signal: undefined } : arg,
    );
    await Promise.resolve(landing)
      .then(invoke)
      .catch(() => undefined);
  }

  async #wait(target: FaultTarget, ms: number, args: unknown[]): Promise<void> {
    let connection = this.#connections.get(target);
    if (connection === undefined) {
      connection = new AbortController();
      this.#connections.set(target, connection);
    }
    const caller = signalOf(args);
    const broken = connection.signal;
    const signal = caller ? AbortSignal.any([caller, broken]) : broken;
    try {
      await this.#time.wait(ms, signal);
    } catch (error) {
      throwIfAborted(caller);
      throw broken.aborted ? broken.reason : error;
    }
  }

  async #reach(call: FaultCall, args: unknown[], invoke: Invoke): Promise<unknown> {
    if (this.#severed) return this.#forever();
    this.#options.onCall?.(call, "before");
    const answer = await invoke(args);
    this.#options.onCall?.(call, "after");
    return this.#severed ? this.#forever() : answer;
  }

  #forever(): Promise<never> {
    const { signal } = this.#closing;
    return new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  #record(call: FaultCall, kind: FaultRecord["kind"], effect: FaultEffect): FaultRecord {
    const record = { ...call, kind, effect };
    this.log.push(record);
    return record;
  }

  #fault(call: FaultCall, kind: FaultRecord["kind"], effect: FaultEffect): Error {
    const record = this.#record(call, kind, effect);
    return this.#options.error?.(record) ?? faultError(record, this.seed);
  }
}

function faultError({ number, target, method, kind }: FaultRecord, seed: number): Error {
  const code = target === "embedder" ? "E_EMBEDDING_FAILED" : "E_UNAVAILABLE";
  const message = `injected fault ${kind} in ${target}.${method} (call ${number} of seed ${seed})`;
  const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  return new PalimpsestError(code, message, kind === "reset" ? { cause } : {});
}

/** Contract calls take their signal in an options object. */
function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  for (const arg of args) {
    if (typeof arg !== "object" || arg === null || !("signal" in arg)) continue;
    if (arg.signal instanceof AbortSignal) return arg.signal;
  }
  return undefined;
}
