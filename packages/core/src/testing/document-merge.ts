// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import fc from "fast-check";
import { expect } from "vitest";
import type { StoredDocument } from "../document.ts";
import type { DocumentStore } from "../document-store.ts";
import type { DocumentStoreCase } from "./document-context.ts";
import {
  documentOf,
  expectRefused,
  getOne,
  put,
  recordOf,
  tombstoneOf,
  writeOne,
} from "./samples.ts";

const key = { scope: "", id: "a" };

/** The content follows from the revision, as a correct history has it. */
const history: fc.Arbitrary<StoredDocument[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom("a", "b", "c"),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([id, epoch, counter]) =>
      (epoch + counter) % 3 === 0
        ? tombstoneOf({ scope: "", id }, counter, epoch)
        : recordOf(documentOf(id, { text: `${epoch}.${counter}` }), counter, epoch),
    ),
  { maxLength: 12 },
);

/** Puts the records into a scope of their own, so that one store serves many runs. */
function inScope(records: readonly StoredDocument[], scope: string): StoredDocument[] {
  return records.map(({ id, text, deleted, revision: { epoch, counter } }) =>
    deleted
      ? tombstoneOf({ scope, id }, counter, epoch)
      : recordOf(documentOf(id, { scope, text }), counter, epoch),
  );
}

async function stateOf(store: DocumentStore, scope: string): Promise<unknown> {
  const { documents } = await store.scan({ scope, limit: 100, includeDeleted: true });
  return documents.map(({ id, text, deleted, revision }) => ({ id, text, deleted, revision }));
}

/** `putIfNewer`: merging what was written elsewhere. */
export const documentMerge: readonly DocumentStoreCase[] = [
  {
    name: "putIfNewer stores a record as it is, and only a newer one replaces it",
    capability: "conditionalPut",
    run: async ({ store }) => {
      const [one, two, three] = [1, 2, 3].map((n) =>
        recordOf(documentOf("a", { text: `${n}` }), n),
      ) as [StoredDocument, StoredDocument, StoredDocument];
      expect(await store.putIfNewer([two])).toEqual([true]);
      expect(await getOne(store, key)).toEqual(two);
      expect(await store.putIfNewer([one, two])).toEqual([false, false]);
      expect(await store.putIfNewer([three, one])).toEqual([true, false]);
      expect(await getOne(store, key)).toEqual(three);
      expect((await writeOne(store, put("a"))).revision.counter).toBe(4);
    },
  },
  {
    name: "a higher epoch is newer whatever the counter",
    capability: "conditionalPut",
    run: async ({ store }) => {
      const old = recordOf(documentOf("a", { text: "old" }), 9, 0);
      const recent = recordOf(documentOf("a", { text: "new" }), 1, 1);
      expect(await store.putIfNewer([recent])).toEqual([true]);
      expect(await store.putIfNewer([old])).toEqual([false]);
      expect((await getOne(store, key))?.text).toBe("new");
    },
  },
  {
    name: "putIfNewer is idempotent, commutative and associative",
    capability: "conditionalPut",
    run: async ({ store }) => {
      let runs = 0;
      const scenario = fc
        .array(history, { minLength: 1, maxLength: 4 })
        .chain((batches) =>
          fc.tuple(
            fc.constant(batches),
            fc.shuffledSubarray(batches.flat(), { minLength: batches.flat().length }),
          ),
        );
      await fc.assert(
        fc.asyncProperty(scenario, async ([batches, shuffled]) => {
          const scopes = [`${++runs} batches`, `${runs} shuffled`, `${runs} one`] as const;
          for (const batch of batches) await store.putIfNewer(inScope(batch, scopes[0]));
          for (const record of [...shuffled, ...shuffled]) {
            await store.putIfNewer(inScope([record], scopes[1]));
          }
          await store.putIfNewer(inScope(batches.flat(), scopes[2]));
          const [first, second, third] = await Promise.all(scopes.map((s) => stateOf(store, s)));
          expect(second).toEqual(first);
          expect(third).toEqual(first);
        }),
        { numRuns: 25, seed: 2 },
      );
    },
  },
  {
    name: "one revision with two contents is a collision, and changes nothing",
    capability: "conditionalPut",
    run: async ({ store }) => {
      const stored = await writeOne(store, put("a"));
      const other = recordOf(documentOf("a", { text: "other" }), 1);
      const unrelated = recordOf(documentOf("b"), 1);
      await expectRefused(store.putIfNewer([other]), "E_REVISION_COLLISION");
      await expectRefused(store.putIfNewer([unrelated, other]), "E_REVISION_COLLISION");
      expect(await getOne(store, key)).toEqual(stored);
      if (store.capabilities.transactions) expect(await store.count()).toBe(1);
    },
  },
  {
    name: "a record whose digest does not match its content is refused",
    run: async ({ store }) => {
      const record = { ...recordOf(documentOf("a"), 1), text: "changed on the way" };
      await expectRefused(store.putIfNewer([record]), "E_CORRUPT");
      expect(await getOne(store, key, true)).toBeUndefined();
    },
  },
  {
    name: "a malformed revision is refused",
    run: async ({ store }) => {
      for (const [epoch, counter] of [
        [-1, 1],
        [0, 0],
        [0, 1.5],
        [Number.NaN, 1],
      ] as const) {
        const record = { ...recordOf(documentOf("a"), 1), revision: { epoch, counter } };
        await expectRefused(store.putIfNewer([record]), "E_INVALID_INPUT");
      }
    },
  },
  {
    name: "an applied record asks for index work as a write does",
    run: async ({ store }) => {
      await store.putIfNewer([recordOf(documentOf("a"), 3)]);
      const work = await store.outbox.claim({ owner: "w", limit: 9, leaseMs: 1_000 });
      expect(work).toMatchObject([{ ...key, revision: { epoch: 0, counter: 3 } }]);
      await store.outbox.settle("w", work);
      await store.putIfNewer([recordOf(documentOf("a"), 3), recordOf(documentOf("a"), 2)]);
      expect((await store.outbox.stats()).pending).toBe(0);
    },
  },
];
