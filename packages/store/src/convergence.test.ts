import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryParts, type MemoryParts } from "./fixtures/memory-parts.ts";
import type { SemanticStore } from "./semantic-store.ts";

type Step =
  | { readonly do: "put"; readonly by: number; readonly id: number; readonly text: string }
  | { readonly do: "delete"; readonly by: number; readonly id: number }
  | { readonly do: "flush"; readonly by: number }
  | { readonly do: "crash"; readonly by: number }
  | { readonly do: "wait"; readonly ms: number };

type Fault = "none" | "fail" | "hang";

const by = fc.nat(2);
const id = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("put"), by, id, text: texts() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete"), by, id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("flush"), by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash"), by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.nat(100_000) }) },
);

function texts(): fc.Arbitrary<string> {
  return fc.constantFrom("", "apple", "pear", "plum tree", "poison");
}

/** Two eventual stores and a strict one on one engine, whose indexes fail, hang and are overtaken. */
async function openWriters(parts: MemoryParts): Promise<SemanticStore[]> {
  return Promise.all([
    parts.open({ consistency: "eventual" }),
    parts.open({ consistency: "eventual" }),
    parts.open({ consistency: "strict" }),
  ]);
}

async function perform(parts: MemoryParts, stores: SemanticStore[], action: Step): Promise<void> {
  if (action.do === "wait") return parts.clock.advance(action.ms);
  const store = stores[action.by] as SemanticStore;
  if (action.do === "flush") {
    await store.flush();
  } else if (action.do === "crash") {
    const consistency = action.by === 2 ? "strict" : "eventual";
    stores[action.by] = await parts.open({ consistency });
  } else if (action.do === "put") {
    await store.upsert({ id: `${action.id}`, text: action.text });
  } else {
    await store.delete({ id: `${action.id}` });
  }
}

/** Injects what the schedule says before each index and embedding call. */
function disturb(parts: MemoryParts, s: fc.Scheduler, faults: Iterator<Fault>): void {
  const meddle = async (label: string): Promise<void> => {
    await s.schedule(Promise.resolve(), label);
    const { value: fault } = faults.next();
    if (fault === "fail") throw new Error(`${label} failed`);
    // Longer than a lease: whoever waits here has lost what it claimed.
    if (fault === "hang") parts.clock.advance(61_000);
    if (fault === "hang") await s.schedule(Promise.resolve(), `${label} hangs`);
  };
  parts.embedder.before = async (batch) => {
    await meddle("embed");
    if (batch.includes("poison")) throw new Error("poison");
  };
  parts.vectors.beforeUpsert = () => meddle("upsert");
  parts.vectors.beforeDelete = () => meddle("delete");
}

function calm({ embedder, vectors, clock }: MemoryParts): void {
  embedder.before = () => undefined;
  vectors.beforeUpsert = () => undefined;
  vectors.beforeDelete = () => undefined;
  clock.advance(86_400_000);
}

async function idsOf(store: SemanticStore, text: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const document of store.scan()) if (document.text === text) ids.push(document.id);
  return ids;
}

test("whatever interleaves, fails, hangs or crashes: after a flush the indexes are the documents", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.infiniteStream(fc.constantFrom<Fault>("none", "none", "fail", "hang")),
      async (s, steps, faults) => {
        const parts = await memoryParts();
        const stores = await openWriters(parts);
        disturb(parts, s, faults);
        const outcomes = Promise.allSettled(
          steps.map((action) =>
            s.schedule(Promise.resolve()).then(() => perform(parts, stores, action)),
          ),
        );
        await s.waitFor(outcomes);
        const rejected = (await outcomes).filter(({ status }) => status === "rejected");
        const stayed = { code: "E_INDEX_FAILED", documentStayed: true };
        expect(rejected).toMatchObject(rejected.map(() => ({ reason: stayed })));
        calm(parts);
        const store = await parts.open();
        const { quarantined } = (await store.stats()).outbox;
        if (quarantined > 0) await store.repair();
        expect((await store.flush()).pending).toBe(0);
        expect(await store.checkConsistency()).toMatchObject({ healthy: true, problems: [] });
        for (const query of ["apple", "pear", "plum tree", "poison"]) {
          const found = await store.search(query, { mode: "lexical" });
          expect(found.map((hit) => hit.id).toSorted()).toEqual(await idsOf(store, query));
        }
      },
    ),
    { numRuns: 400 },
  );
});
