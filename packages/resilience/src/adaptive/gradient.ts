import { numberOption } from "../number-option.ts";
import { Aimd, type AimdOptions } from "./aimd.ts";
import type { LimitAlgorithm, LimitSample } from "./limit-algorithm.ts";

export interface GradientOptions extends AimdOptions {
  /** How much slower than usual a first token may be before the limit falls. @defaultValue 1.5 */
  readonly tolerance?: number;
  /** Calls that may queue at the upstream; lets the limit grow while it is not slower. @defaultValue 4 */
  readonly queue?: number;
  /** Part of each step that is taken. @defaultValue 0.2 */
  readonly smoothing?: number;
  /** Calls over which "usual" is averaged. @defaultValue 600 */
  readonly window?: number;
}

/** The limit falls when the first token takes longer than it usually does, before anything is dropped. */
export class Gradient implements LimitAlgorithm {
  readonly #drops: Aimd;
  readonly #tolerance: number;
  readonly #queue: number;
  readonly #smoothing: number;
  readonly #window: number;
  #usual: number | undefined;
  #samples = 0;

  constructor(options: GradientOptions = {}) {
    const { tolerance = 1.5, queue = 4, smoothing = 0.2, window = 600 } = options;
    this.#drops = new Aimd(options);
    this.#tolerance = numberOption("tolerance", tolerance, { atLeast: 1 });
    this.#queue = numberOption("queue", queue, { atLeast: 0 });
    this.#smoothing = numberOption("smoothing", smoothing, { above: 0, atMost: 1 });
    this.#window = numberOption("window", window, { atLeast: 1 });
  }

  next(limit: number, sample: LimitSample): number {
    if (sample.dropped) return this.#drops.next(limit, sample);
    const { firstToken, inFlight } = sample;
    if (firstToken === undefined || firstToken <= 0) return limit;
    const usual = this.#average(firstToken);
    // A limit that nobody uses says nothing about the upstream.
    if (inFlight * 2 < limit) return limit;
    const gradient = Math.min(1, Math.max(0.5, (this.#tolerance * usual) / firstToken));
    const aim = limit * gradient + this.#queue;
    return limit * (1 - this.#smoothing) + aim * this.#smoothing;
  }

  /** A plain mean at first, so that one early sample is not "usual" for long. */
  #average(firstToken: number): number {
    this.#samples = Math.min(this.#window, this.#samples + 1);
    const before = this.#usual ?? firstToken;
    this.#usual = before + (firstToken - before) / this.#samples;
    return this.#usual;
  }
}
