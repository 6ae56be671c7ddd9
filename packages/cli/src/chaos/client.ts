import {
  type DocumentInput,
  type DocumentKey,
  isPalimpsestError,
  type StoredDocument,
} from "@palimpsest/core";
import type { SeededRandom } from "@palimpsest/core/faults";
import type { SemanticStore } from "@palimpsest/store";
import type { History, Seen } from "./history.ts";

/** Few, so that the clients collide; the same id in two scopes is two documents. */
const keys: readonly DocumentKey[] = [
  { scope: "", id: "a" },
  { scope: "", id: "b" },
  { scope: "tenant", id: "a" },
];

type Action = "upsert" | "insert" | "update" | "touch" | "batch" | "delete" | "get" | "search";

const actions: readonly Action[] = (
  [
    ["upsert", 7],
    ["insert", 4],
    ["update", 3],
    ["touch", 4],
    ["batch", 3],
    ["delete", 5],
    ["get", 2],
    ["search", 1],
  ] as const
).flatMap(([action, share]) => Array.from({ length: share }, () => action));

/** Everything a client does goes into the history before it starts and when it is answered. */
export class Client {
  readonly #random: SeededRandom;
  readonly #history: History;
  readonly #nextOp: () => number;
  /** What was acknowledged, for copies that arrive again. */
  readonly delivered: StoredDocument[] = [];

  constructor(random: SeededRandom, history: History, nextOp: () => number) {
    this.#random = random;
    this.#history = history;
    this.#nextOp = nextOp;
  }

  /** One operation; it never throws what the store throws. */
  async act(store: SemanticStore, signal: AbortSignal): Promise<void> {
    const random = this.#random;
    const key = random.pick(keys);
    const op = this.#nextOp();
    const action = random.pick(actions);
    const first = random.between(0, keys.length - 1);
    switch (action) {
      case "get":
        return this.#read(() => readOne(store, key, signal));
      case "search":
        return this.#read(() => readHits(store, `w${random.between(1, op)}`, signal));
      case "delete":
        return this.#delete(op, store, key, signal);
      case "touch":
        return this.#touch(op, store, key, signal);
      case "batch": {
        const chosen = [keys[first], keys[(first + 1) % keys.length]] as DocumentKey[];
        const inputs = chosen.map((each) => this.#input(op, each));
        return this.#write(op, inputs, () => store.upsertMany(inputs, { signal }));
      }
      default: {
        const input = this.#input(op, key);
        const run = async () => [await putOne(store, action, input, signal)];
        return this.#write(op, [input], run, action === "insert");
      }
    }
  }

  /** The text of each write is its own; now and then it is empty, which no index holds. */
  #input(op: number, key: DocumentKey): DocumentInput & DocumentKey {
    const text = this.#random.chance(0.08) ? "" : `w${op} of ${key.id}`;
    return { ...key, text, metadata: { op } };
  }

  async #write(
    op: number,
    inputs: readonly (DocumentInput & DocumentKey)[],
    run: () => Promise<StoredDocument[]>,
    isInsert: boolean = false,
  ): Promise<void> {
    this.#history.start(op, inputs);
    const start = this.#history.tick();
    try {
      const stored = await run();
      if (isInsert)
        this.#history.checkInsert(stored[0] as StoredDocument, op, start, this.#history.tick());
      this.#history.acknowledge(
        op,
        stored.map(({ revision }) => revision),
      );
      this.delivered.push(...stored);
    } catch (error) {
      this.#failed(op, error);
    }
  }

  /** Changes the time only: what was there must still be there, also if another writer came between. */
  async #touch(
    op: number,
    store: SemanticStore,
    key: DocumentKey,
    signal: AbortSignal,
  ): Promise<void> {
    this.#history.touch(op, key);
    await this.#read(async () => {
      const stored = await store.update(key, { timestamp: op }, { signal });
      this.delivered.push(stored);
      return [seenOf(stored)];
    });
  }

  async #delete(
    op: number,
    store: SemanticStore,
    key: DocumentKey,
    signal: AbortSignal,
  ): Promise<void> {
    this.#history.start(op, [{ ...key, text: null }]);
    const start = this.#history.tick();
    try {
      if (await store.delete(key, { signal })) return this.#history.acknowledge(op);
      this.#history.refuse(op);
      this.#history.checkRead({ ...key, text: null, op: null }, start, this.#history.tick());
    } catch (error) {
      this.#failed(op, error);
    }
  }

  #failed(op: number, error: unknown): void {
    if (!isPalimpsestError(error)) this.#history.report("unexpected", String(error));
    const refused =
      isPalimpsestError(error, "E_CONFLICT") || isPalimpsestError(error, "E_NOT_FOUND");
    if (refused) return this.#history.refuse(op);
    // A failure that says that the document stayed is a promise like an acknowledgement.
    if (isPalimpsestError(error) && error.documentStayed) this.#history.acknowledge(op);
  }

  async #read(run: () => Promise<Seen[]>): Promise<void> {
    const start = this.#history.tick();
    let seen: Seen[];
    try {
      seen = await run();
    } catch (error) {
      if (!isPalimpsestError(error)) this.#history.report("unexpected", String(error));
      return;
    }
    const end = this.#history.tick();
    for (const one of seen) this.#history.checkRead(one, start, end);
    const names = new Set(seen.map(({ scope, id }) => `${scope}/${id}`));
    if (names.size < seen.length)
      this.#history.report("duplicated", "a search returned an id twice");
  }
}

function putOne(
  store: SemanticStore,
  action: "upsert" | "insert" | "update",
  input: DocumentInput & DocumentKey,
  signal: AbortSignal,
): Promise<StoredDocument> {
  if (action !== "update") return store[action](input, { signal });
  const { text, metadata = {} } = input;
  return store.update(input, { text, metadata }, { signal });
}

async function readOne(
  store: SemanticStore,
  key: DocumentKey,
  signal: AbortSignal,
): Promise<Seen[]> {
  const document = await store.get(key, { signal });
  return [document ? seenOf(document) : { ...key, text: null, op: null }];
}

async function readHits(store: SemanticStore, query: string, signal: AbortSignal): Promise<Seen[]> {
  const hits = await store.search(query, { allScopes: true, k: 5, signal });
  return hits.map(({ scope, id, text, metadata }) => ({ scope, id, text, op: metadata["op"] }));
}

export function seenOf({ scope, id, text, metadata, revision }: StoredDocument): Seen {
  return { scope, id, text, op: metadata["op"], revision };
}
