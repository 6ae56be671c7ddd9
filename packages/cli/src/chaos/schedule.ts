import { isPalimpsestError, PalimpsestError } from "@palimpsest/core";
import {
  type FaultInjectorOptions,
  type FaultRecord,
  type FaultTarget,
  SeededRandom,
  type VirtualTime,
} from "@palimpsest/core/faults";
import type { Consistency } from "@palimpsest/store";
import type { Ablation } from "./ablations.ts";
import { Client } from "./client.ts";
import type { History } from "./history.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import type { World } from "./worlds.ts";

export interface ScheduleOptions {
  readonly seed: number;
  readonly world: World;
  readonly time: VirtualTime;
  readonly history: History;
  readonly ablation?: Ablation | undefined;
  /** False for a process that will be killed for real. */
  readonly crashes: boolean;
  readonly onCall?: FaultInjectorOptions["onCall"];
}

export interface ScheduleTrace extends Disposable {
  /** Every step taken, for whoever replays a failure. */
  readonly steps: readonly string[];
  readonly faults: readonly FaultRecord[];
  readonly crashes: number;
  /** A process may have died while its call outlived its lease, before it could look again. */
  readonly diedPastLease: boolean;
}

/** Time passes a little, past the deadline of calls that hang, or past leases and retries. */
const deadlineMs = 20_000;
const pastDeadlineMs = 25_000;
const pastLeaseMs = 61_000;
const slowMs = 90_000;

/** Faults in one place at a time reach further into a schedule than faults everywhere. */
const focuses: readonly Partial<FaultInjectorOptions>[] = [
  {},
  { targets: ["vectors", "lexical"], kinds: ["hang", "hang", "slow"], rate: 0.4 },
  // Slower than a lease: whoever indexes wakes up after others have done it.
  { targets: ["vectors", "lexical"], kinds: ["slow"], slowMs, rate: 0.3 },
  { targets: ["documents"], kinds: ["slow"], slowMs, rate: 0.3 },
  { targets: ["vectors", "lexical", "outbox"] },
  { targets: ["documents"], kinds: ["fail-after", "hang", "slow", "partial"] },
];

interface Worker {
  process: SimulatedProcess;
  readonly client: Client;
  busy: boolean;
  flushing: boolean;
}

/** Runs random steps over one to three processes on the same engines; ends with whatever is still open. */
export async function runSchedule(options: ScheduleOptions): Promise<ScheduleTrace> {
  const schedule = new Schedule(options);
  await schedule.run();
  return schedule;
}

class Schedule implements ScheduleTrace {
  readonly steps: string[] = [];
  readonly faults: FaultRecord[] = [];
  crashes: number = 0;
  diedPastLease: boolean = false;
  readonly #options: ScheduleOptions;
  readonly #random: SeededRandom;
  readonly #consistency: Consistency;
  readonly #faults: Pick<FaultInjectorOptions, "rate" | "targets" | "kinds" | "slowMs">;
  readonly #workers: Worker[] = [];
  readonly #processes: SimulatedProcess[] = [];
  #ops = 0;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#consistency = this.#random.chance(0.5) ? "strict" : "eventual";
    const rate = this.#random.pick([0.02, 0.08, 0.2]);
    this.#faults = { rate, ...this.#random.pick(focuses) };
  }

  async run(): Promise<void> {
    const { history, time } = this.#options;
    const clients = this.#random.between(1, 3);
    for (let i = 0; i < clients; i++) {
      const client = new Client(this.#random, history, () => ++this.#ops);
      const process = await this.#start();
      this.#workers.push({ process, client, busy: false, flushing: false });
    }
    for (let left = this.#random.between(20, 60); left > 0; left--) {
      await this.#step();
      await time.advance(0);
    }
    const patient = this.#random.chance(0.5);
    if (patient) await time.advance(2 * pastLeaseMs);
    this.diedPastLease = this.#faults.slowMs === slowMs && (this.crashes > 0 || !patient);
    for (const { process } of this.#workers) await this.#end(process);
    // What is still on its way to an engine lands before anybody looks.
    await time.advance(2 * pastLeaseMs);
    for (const { faults } of this.#processes) this.faults.push(...faults.log);
  }

  /** Lets go of what waits for answers that the crashed processes will never get. */
  [Symbol.dispose](): void {
    for (const { faults } of this.#processes) faults.close();
  }

  async #step(): Promise<void> {
    const worker = this.#random.pick(this.#workers);
    const dice = this.#random.between(1, 100);
    if (dice <= 52) return this.#act(worker);
    if (dice <= 64) return this.#pass(this.#random.between(1, 5));
    if (dice <= 77) return this.#flush(worker);
    if (dice <= 82) return this.#pass(pastDeadlineMs);
    if (dice <= 84) return this.#pass(pastLeaseMs);
    if (dice <= 89) return this.#redeliver(worker);
    if (dice <= 92) return this.#toggle(worker);
    if (dice <= 94) return this.#outage(worker);
    if (this.#options.crashes) return this.#crash(worker);
  }

  #act(worker: Worker): void {
    if (worker.busy) return;
    this.#note("act", worker);
    worker.busy = true;
    const { process, client } = worker;
    const stop = new AbortController();
    if (this.#random.chance(0.05)) void this.#abortSoon(stop);
    void client.act(process.store, stop.signal).then(() => {
      if (worker.process === process) worker.busy = false;
    });
  }

  async #abortSoon(stop: AbortController): Promise<void> {
    await this.#options.time.wait(this.#random.between(1, 4));
    stop.abort(new PalimpsestError("E_ABORTED", "the client gave up"));
  }

  async #pass(ms: number): Promise<void> {
    this.steps.push(`${ms} ms pass`);
    await this.#options.time.advance(ms);
  }

  #flush(worker: Worker): void {
    if (worker.flushing) return;
    this.#note("flush", worker);
    worker.flushing = true;
    const { process } = worker;
    const done = (): void => {
      if (worker.process === process) worker.flushing = false;
    };
    process.store.flush().then(done, done);
  }

  /** A copy of an acknowledged document arrives again, as from a migration that retries. */
  #redeliver({ process, client }: Worker): void {
    if (client.delivered.length === 0) return;
    const document = this.#random.pick(client.delivered);
    this.steps.push(`redeliver write ${String(document.metadata["op"])}`);
    process.parts.documents.putIfNewer([document]).catch((error: unknown) => {
      if (!isPalimpsestError(error, "E_REVISION_COLLISION")) return;
      this.#options.history.report("duplicated", error.message);
    });
  }

  #toggle(worker: Worker): void {
    const { faults } = worker.process;
    faults.enabled = !faults.enabled;
    this.#note(faults.enabled ? "faults on" : "faults off", worker);
  }

  #outage(worker: Worker): void {
    const target = this.#random.pick<FaultTarget>(["vectors", "embedder", "lexical", "documents"]);
    this.#note(`${target} down`, worker);
    worker.process.faults.outage(target, 30_000);
  }

  async #crash(worker: Worker): Promise<void> {
    this.#note("crash", worker);
    this.crashes++;
    await this.#end(worker.process);
    worker.process = await this.#start();
    worker.busy = false;
    worker.flushing = false;
  }

  async #start(): Promise<SimulatedProcess> {
    const { world, time, ablation, onCall } = this.#options;
    const faults = {
      seed: this.#random.between(0, 2 ** 31),
      ...this.#faults,
      deadlineMs,
      ...(onCall && { onCall }),
    };
    const consistency = this.#consistency;
    const started = await SimulatedProcess.start({ world, time, consistency, faults, ablation });
    this.#processes.push(started);
    if (this.#random.chance(0.7)) await openCalmly(started);
    return started;
  }

  async #end(process: SimulatedProcess): Promise<void> {
    await process.crash();
  }

  #note(step: string, worker: Worker): void {
    this.steps.push(`${step} (process ${this.#processes.indexOf(worker.process)})`);
  }
}

/** Else faults in the checks of opening use up the chances of those in its work. */
async function openCalmly({ store, faults }: SimulatedProcess): Promise<void> {
  faults.enabled = false;
  await store.count();
  faults.enabled = true;
}
