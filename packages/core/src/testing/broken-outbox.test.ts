// oxlint-disable vitest/expect-expect, no-unused-vars -- expectCaught asserts; doubles drop fields
import { test } from "vitest";
import type { DocumentStore } from "../document-store.ts";
import { MemoryDocumentStore } from "../memory/index.ts";
import type { Outbox } from "../outbox.ts";
import { altered, expectCaught } from "./broken-doubles.ts";
import { documentStoreCases, openDocumentStore } from "./document-store-contract.ts";

type Change = (outbox: Outbox) => Partial<Outbox>;

function openAltered(change: Change): ReturnType<typeof openDocumentStore> {
  return openDocumentStore(async ({ clock }) => {
    const store = new MemoryDocumentStore({ clock });
    const outbox = altered<Outbox>(store.outbox, change(store.outbox));
    return { store: altered<DocumentStore>(store, { outbox }) };
  });
}

const doubles: readonly (readonly [string, Change, readonly string[]])[] = [
  [
    "drops newer work when older work is settled",
    (outbox) => ({
      settle: async (owner, entries) => {
        const now = await outbox.claim({ owner, limit: 1_000, leaseMs: 1_000, keys: entries });
        await outbox.settle(owner, now);
      },
    }),
    ["a write during a lease keeps its entry when the older one is settled"],
  ],
  [
    "takes what is asked for again during a lease as settled by its holder",
    (outbox) => ({
      settle: async (owner, entries) => {
        const keys = entries.map(({ scope, id }) => ({ scope, id }));
        const now = await outbox.claim({ owner, limit: 1_000, leaseMs: 1_000, keys });
        const same = entries.map((entry) => now.find(({ id }) => id === entry.id) ?? entry);
        const older = entries.map(({ revision }, i) => ({ ...same[i]!, revision }));
        await outbox.settle(owner, older);
      },
    }),
    ["what is asked for again during a lease stays when its holder settles, retries or gives up"],
  ],
  [
    "lets anybody settle",
    (outbox) => {
      let holder = "";
      return {
        claim: (options) => outbox.claim({ ...options, owner: (holder = options.owner) }),
        settle: (_, entries) => outbox.settle(holder, entries),
      };
    },
    ["who does not hold the lease changes nothing"],
  ],
  [
    "leases nothing",
    (outbox) => ({ claim: (options) => outbox.claim({ ...options, owner: "all" }) }),
    [
      "an id is claimed once, in its newest revision, by one owner at a time",
      "workers that claim at the same time never share an id",
    ],
  ],
  [
    "never gives up on poison",
    (outbox) => ({
      quarantine: (owner, entries, error) =>
        outbox.retryLater(owner, entries, { error, retryAt: 0 }),
    }),
    ["quarantined work is named with its reason and claimed by nobody"],
  ],
  [
    "queues no index work",
    () => ({ claim: async () => [] }),
    [
      "every written document with text is queued with its revision, oldest first",
      "losing the text, and being deleted, is index work too",
      "an applied record asks for index work as a write does",
      "compact keeps the work and the tombstone of a deletion that is not yet indexed",
    ],
  ],
];

test.each(doubles)("an outbox that %s is caught", async (_, change, names) => {
  await expectCaught(documentStoreCases, names, () => openAltered(change));
});
