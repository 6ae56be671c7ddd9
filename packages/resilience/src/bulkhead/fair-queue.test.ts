import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FairQueue, type QueueEntry } from "./fair-queue.ts";

interface Named extends QueueEntry {
  readonly name: string;
}

const entry = (name: string, tenant = "", priority = 0, cost = 0): Named => ({
  name,
  tenant,
  priority,
  cost,
});

function filled(...entries: readonly Named[]): FairQueue<Named> {
  const queue = new FairQueue<Named>();
  for (const each of entries) queue.push(each);
  return queue;
}

function drain(queue: FairQueue<Named>): string[] {
  const names: string[] = [];
  for (let next = queue.shift(); next; next = queue.shift()) names.push(next.name);
  return names;
}

describe("turns", () => {
  test("one tenant's entries keep their order", () => {
    expect(drain(filled(entry("1"), entry("2"), entry("3")))).toEqual(["1", "2", "3"]);
  });

  test("tenants take turns, however many entries one has", () => {
    const queue = filled(entry("a1", "a"), entry("a2", "a"), entry("a3", "a"), entry("b1", "b"));
    expect(drain(queue)).toEqual(["a1", "b1", "a2", "a3"]);
  });

  test("a tenant that comes back waits for the turn of the others", () => {
    const queue = filled(entry("a1", "a"), entry("a2", "a"), entry("b1", "b"), entry("b2", "b"));
    expect(queue.shift()?.name).toBe("a1");
    queue.push(entry("a3", "a"));
    expect(drain(queue)).toEqual(["b1", "a2", "b2", "a3"]);
  });

  test("a higher priority goes first, whoever came before", () => {
    const queue = filled(entry("low", "a", -1), entry("usual", "a"), entry("urgent", "b", 5));
    expect(queue.peek()?.name).toBe("urgent");
    expect(drain(queue)).toEqual(["urgent", "usual", "low"]);
  });
});

test("an entry that is removed has no turn; removing it again says so", () => {
  const [gone, stays] = [entry("gone", "a"), entry("stays", "a")];
  const queue = filled(gone, stays);
  expect([queue.remove(gone), queue.remove(gone), queue.size]).toEqual([true, false, 1]);
  expect(drain(queue)).toEqual(["stays"]);
});

test("ahead counts higher priorities and the tenant's own entries, not those of other tenants", () => {
  const queue = filled(entry("1", "a", 0, 10), entry("2", "b", 0, 20), entry("3", "b", 1, 40));
  expect(queue.ahead(entry("", "a"))).toEqual({ entries: 2, cost: 50 });
  expect(queue.ahead(entry("", "c"))).toEqual({ entries: 1, cost: 40 });
  expect(queue.ahead(entry("", "b", 2))).toEqual({ entries: 0, cost: 0 });
});

describe("who gives way in a full queue", () => {
  const flooded = filled(entry("a1", "a"), entry("a2", "a"), entry("b1", "b"));

  test("the newest entry of the longest tenant, to a tenant with fewer", () => {
    expect(flooded.victimOf(entry("", "c"))?.name).toBe("a2");
  });

  test("nobody to the longest tenant itself, nor for a difference of one", () => {
    expect(flooded.victimOf(entry("", "a"))).toBeUndefined();
    expect(flooded.victimOf(entry("", "b"))).toBeUndefined();
  });

  test("the lowest priority to a higher one, and nobody to a lower one", () => {
    expect(flooded.victimOf(entry("", "a", 1))?.name).toBe("a2");
    expect(flooded.victimOf(entry("", "c", -1))).toBeUndefined();
  });
});

test("whatever comes and goes: a queue by naive sorting has the same turns", () => {
  const step = fc.oneof(
    fc.record({
      tenant: fc.constantFrom("a", "b", "c"),
      priority: fc.integer({ min: -1, max: 1 }),
    }),
    fc.constant("shift" as const),
    fc.record({ remove: fc.nat({ max: 30 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new FairQueue<Named>();
      const model = new NaiveQueue();
      const pushed: Named[] = [];
      const turns: [ours: unknown, naive: unknown][] = [];
      for (const each of steps) {
        if (each === "shift") turns.push([queue.shift(), model.shift()]);
        else if ("remove" in each) {
          const target = pushed[each.remove];
          if (target) turns.push([queue.remove(target), model.remove(target)]);
        } else {
          const named = entry(String(pushed.length), each.tenant, each.priority, 1);
          pushed.push(named);
          queue.push(named);
          model.push(named);
        }
        expect(queue.size).toBe(model.entries.length);
        const newcomer = entry("", "a", 0);
        const before = model.entries.filter(
          ({ tenant, priority }) => priority > 0 || (priority === 0 && tenant === "a"),
        );
        expect(queue.ahead(newcomer)).toEqual({ entries: before.length, cost: before.length });
      }
      expect(turns.map(([ours]) => ours)).toEqual(turns.map(([, naive]) => naive));
      expect(drain(queue)).toEqual(model.drain());
    }),
  );
});

/** Per priority a list of tenants in order of turn; entries in one array. */
class NaiveQueue {
  readonly entries: Named[] = [];
  readonly #turns = new Map<number, string[]>();

  push(named: Named): void {
    this.entries.push(named);
    const turns = this.#turns.get(named.priority) ?? [];
    this.#turns.set(named.priority, turns);
    if (!turns.includes(named.tenant)) turns.push(named.tenant);
  }

  shift(): Named | undefined {
    const priority = Math.max(...this.entries.map((named) => named.priority));
    const turns = this.#turns.get(priority);
    const tenant = turns?.[0];
    const next = this.entries.find(
      (named) => named.priority === priority && named.tenant === tenant,
    );
    if (!turns || !next) return undefined;
    this.remove(next);
    if (turns[0] === tenant) turns.push(...turns.splice(0, 1));
    return next;
  }

  remove(named: Named): boolean {
    const index = this.entries.indexOf(named);
    if (index < 0) return false;
    this.entries.splice(index, 1);
    const left = this.entries.some(
      ({ tenant, priority }) => tenant === named.tenant && priority === named.priority,
    );
    const turns = this.#turns.get(named.priority);
    if (!left) turns?.splice(turns.indexOf(named.tenant), 1);
    return true;
  }

  drain(): string[] {
    const names: string[] = [];
    for (let next = this.shift(); next; next = this.shift()) names.push(next.name);
    return names;
  }
}
