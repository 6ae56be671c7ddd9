import type { Embedder } from "@palimpsest/core";
import {
  FaultInjector,
  type FaultInjectorOptions,
  type VirtualTime,
} from "@palimpsest/core/faults";
import { type Consistency, SemanticStore } from "@palimpsest/store";
import type { Ablation } from "./ablations.ts";
import { withSteadyRetries } from "./steady-retries.ts";
import { textEmbedder } from "./text-embedder.ts";
import type { Connection, EngineParts, World } from "./worlds.ts";

export interface ProcessOptions {
  readonly world: World;
  readonly time: VirtualTime;
  readonly consistency: Consistency;
  readonly faults: Omit<FaultInjectorOptions, "time">;
  readonly ablation?: Ablation | undefined;
}

/** A store with its own way to the engines, which can break and be cut off. */
export class SimulatedProcess {
  readonly store: SemanticStore;
  readonly faults: FaultInjector;
  /** As the store sees them. */
  readonly parts: EngineParts;
  readonly #connection: Connection;

  private constructor(connection: Connection, options: ProcessOptions) {
    const { time, ablation, consistency } = options;
    this.faults = new FaultInjector({ ...options.faults, time });
    const engines = ablation?.below?.(connection) ?? connection;
    const disturbed = {
      documents: withSteadyRetries(this.faults.documents(engines.documents), time),
      vectors: this.faults.vectors(engines.vectors),
      lexical: this.faults.lexical(engines.lexical),
    };
    const embedder: Embedder = this.faults.embedder(textEmbedder);
    this.parts = ablation?.above?.(disturbed) ?? disturbed;
    this.#connection = connection;
    // Constructed, not opened: the checks of opening meet faults too, at the first call.
    this.store = new SemanticStore({
      ...this.parts,
      embedder,
      consistency,
      clock: time,
      worker: false,
      onWarning: () => undefined,
    });
  }

  static async start(options: ProcessOptions): Promise<SimulatedProcess> {
    return new SimulatedProcess(await options.world.connect(), options);
  }

  /** Nothing of it has an effect any more; nobody closed the store. */
  async crash(): Promise<void> {
    this.faults.sever();
    await this.#connection.close();
  }
}
