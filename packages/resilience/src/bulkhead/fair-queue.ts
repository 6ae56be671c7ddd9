/** What decides when an entry has its turn. */
export interface QueueEntry {
  readonly tenant: string;
  /** A higher one has its turn before every lower one. */
  readonly priority: number;
  /** What it will take from a limit; summed by `ahead`. */
  readonly cost: number;
}

/** The entries of one tenant, oldest first. */
interface Lane<Entry> {
  readonly entries: Set<Entry>;
  cost: number;
}

/** The tenants of one priority, in the order of their next turn. */
interface Level<Entry> {
  readonly priority: number;
  readonly lanes: Map<string, Lane<Entry>>;
}

/** Serves the higher priority first, the tenants of one priority in turn, and each tenant's oldest entry. */
export class FairQueue<Entry extends QueueEntry> {
  /** The highest priority first. */
  readonly #levels: Level<Entry>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(entry: Entry): void {
    const level = this.#levelOf(entry.priority);
    let lane = level.lanes.get(entry.tenant);
    if (!lane) level.lanes.set(entry.tenant, (lane = { entries: new Set(), cost: 0 }));
    lane.entries.add(entry);
    lane.cost += entry.cost;
    this.#size += 1;
  }

  /** The entry whose turn it is; it stays. */
  peek(): Entry | undefined {
    const lane = first(this.#levels[0]?.lanes.values());
    return first(lane?.entries.values());
  }

  /** Takes the entry whose turn it is; its tenant goes to the end of the line. */
  shift(): Entry | undefined {
    const entry = this.peek();
    if (!entry) return undefined;
    const { lanes } = this.#levelOf(entry.priority);
    const lane = lanes.get(entry.tenant);
    this.remove(entry);
    if (lane && lane.entries.size > 0) {
      lanes.delete(entry.tenant);
      lanes.set(entry.tenant, lane);
    }
    return entry;
  }

  /** @returns whether it was waiting */
  remove(entry: Entry): boolean {
    const index = this.#levels.findIndex(({ priority }) => priority === entry.priority);
    const lanes = this.#levels[index]?.lanes;
    const lane = lanes?.get(entry.tenant);
    if (!lanes || !lane?.entries.delete(entry)) return false;
    lane.cost -= entry.cost;
    if (lane.entries.size === 0) lanes.delete(entry.tenant);
    if (lanes.size === 0) this.#levels.splice(index, 1);
    this.#size -= 1;
    return true;
  }

  /** What certainly has its turn before a new entry: higher priorities, and its tenant's own entries. */
  ahead({ tenant, priority }: QueueEntry): { readonly entries: number; readonly cost: number } {
    let entries = 0;
    let cost = 0;
    for (const level of this.#levels) {
      if (level.priority < priority) break;
      for (const [name, lane] of level.lanes) {
        if (level.priority === priority && name !== tenant) continue;
        entries += lane.entries.size;
        cost += lane.cost;
      }
    }
    return { entries, cost };
  }

  /**
   * Who should give way to a new entry in a full queue: the newest entry of the lowest priority's
   * longest tenant, if that priority is lower, or that tenant has at least two entries more.
   */
  victimOf({ tenant, priority }: QueueEntry): Entry | undefined {
    const lowest = this.#levels.at(-1);
    if (!lowest || lowest.priority > priority) return undefined;
    let longest: Lane<Entry> | undefined;
    for (const lane of lowest.lanes.values()) {
      if (!longest || lane.entries.size > longest.entries.size) longest = lane;
    }
    const own = lowest.lanes.get(tenant)?.entries.size ?? 0;
    const yields = lowest.priority < priority || (longest?.entries.size ?? 0) >= own + 2;
    return yields && longest ? [...longest.entries].at(-1) : undefined;
  }

  #levelOf(priority: number): Level<Entry> {
    const index = this.#levels.findIndex((level) => level.priority <= priority);
    const found = this.#levels[index];
    if (found?.priority === priority) return found;
    const level: Level<Entry> = { priority, lanes: new Map() };
    this.#levels.splice(index < 0 ? this.#levels.length : index, 0, level);
    return level;
  }
}

function first<T>(values: IterableIterator<T> | undefined): T | undefined {
  return values?.next().value;
}
