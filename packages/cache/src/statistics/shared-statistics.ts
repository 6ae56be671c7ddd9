import { hash } from "node:crypto";
import {
  type CallOptions,
  type Clock,
  type KeyValueStore,
  PalimpsestError,
  systemClock,
} from "@palimpsest/core";
import {
  type ClassCounters,
  type CounterName,
  counterNames,
  emptyCounters,
  type StatisticsSnapshot,
} from "./counters.ts";
import { latencyBuckets } from "./latency.ts";

export interface SharedStatisticsOptions {
  readonly store: KeyValueStore;
  /** That of the caches whose statistics these are. @defaultValue "cache" */
  readonly namespace?: string;
  readonly clock?: Clock;
}

/** Money is counted in millionths: counters in a store are whole numbers. */
const scaleOf: Readonly<Partial<Record<string, number>>> = { savedCost: 1e6, spentCost: 1e6 };
const latencyFields = ["hitLatency", "fillLatency"] as const;
const page = 100;

/** The sums over all processes, kept as counters in a key-value store, which cannot be scanned. */
export class SharedStatistics {
  readonly #store: KeyValueStore;
  readonly #prefix: string;
  readonly #clock: Clock;

  constructor({ store, namespace = "cache", clock = systemClock }: SharedStatisticsOptions) {
    this.#store = store;
    this.#prefix = `${namespace}:t`;
    this.#clock = clock;
  }

  /** What a class's counters are by field name, in the whole units in which a store keeps them. */
  static unitsOf(counters: ClassCounters): Map<string, number> {
    const units = new Map<string, number>();
    for (const name of counterNames) {
      units.set(name, Math.floor(counters[name] * (scaleOf[name] ?? 1) + 1e-9));
    }
    for (const field of latencyFields) {
      for (const [bucket, count] of counters[field].entries())
        units.set(`${field}${bucket}`, count);
    }
    return units;
  }

  /** Adds to one counter of a class that `register` has listed. */
  async add(className: string, field: string, units: number, options?: CallOptions): Promise<void> {
    await this.#store.increment(this.#keyOf(className, field), units, options);
  }

  /**
   * Puts a class on the list by which `read` finds it. The list is one key per place, each taken once, so
   * that processes need no lock.
   */
  async register(className: string, options: CallOptions = {}): Promise<void> {
    let place = 0;
    for await (const listed of this.#listed(options)) {
      if (listed === className) return;
      place += 1;
    }
    const bytes = Buffer.from(className);
    while (!(await this.#store.set(this.#placeKey(place), bytes, { ...options, ifAbsent: true }))) {
      const [taken] = await this.#store.getMany([this.#placeKey(place)], options);
      if (taken !== undefined && Buffer.from(taken).toString() === className) return;
      place += 1;
    }
  }

  /** @throws `E_CORRUPT` when a counter holds something else */
  async read(options: CallOptions = {}): Promise<StatisticsSnapshot> {
    const classes: [string, ClassCounters][] = [];
    for await (const name of this.#listed(options)) {
      classes.push([name, await this.#readClass(name, options)]);
    }
    return { at: this.#clock.now(), classes: Object.fromEntries(classes) };
  }

  async #readClass(className: string, options: CallOptions): Promise<ClassCounters> {
    const fields = [...SharedStatistics.unitsOf(emptyCounters()).keys()];
    const values = await this.#store.getMany(
      fields.map((field) => this.#keyOf(className, field)),
      options,
    );
    const units = new Map(fields.map((field, i) => [field, countOf(values[i], className, field)]));
    const count = (field: string) => (units.get(field) ?? 0) / (scaleOf[field] ?? 1);
    const latency = (field: string) =>
      Array.from({ length: latencyBuckets }, (_, bucket) => count(`${field}${bucket}`));
    return {
      ...(Object.fromEntries(counterNames.map((name) => [name, count(name)])) as Record<
        CounterName,
        number
      >),
      hitLatency: latency("hitLatency"),
      fillLatency: latency("fillLatency"),
    };
  }

  async *#listed(options: CallOptions): AsyncGenerator<string> {
    for (let start = 0; ; start += page) {
      const keys = Array.from({ length: page }, (_, i) => this.#placeKey(start + i));
      for (const name of await this.#store.getMany(keys, options)) {
        if (name === undefined) return;
        yield Buffer.from(name).toString();
      }
    }
  }

  #placeKey(place: number): string {
    return `${this.#prefix}:class:${place}`;
  }

  #keyOf(className: string, field: string): string {
    return `${this.#prefix}:${hash("sha256", className, "base64url")}:${field}`;
  }
}

function countOf(value: Uint8Array | undefined, className: string, field: string): number {
  const text = value === undefined ? "0" : Buffer.from(value).toString();
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  throw new PalimpsestError(
    "E_CORRUPT",
    `the counter ${field} of the cache class ${JSON.stringify(className)} holds no number; delete its key`,
  );
}
