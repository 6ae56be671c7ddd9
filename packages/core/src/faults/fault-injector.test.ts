import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { DocumentStore, WriteItem } from "../document-store.ts";
import type { VectorIndex, VectorRecord } from "../vector-index.ts";
import { MemoryDocumentStore } from "../memory/document-store.ts";
import { MemoryVectorIndex } from "../memory/vector-index.ts";
import { describeDocumentStoreContract } from "../testing/document-store-contract.ts";
import { describeVectorIndexContract } from "../testing/vector-contract.ts";
import { WordEmbedder } from "../testing/word-embedder.ts";
import type { FaultKind } from "./fault.ts";
import { FaultInjector, type FaultInjectorOptions } from "./fault-injector.ts";
import { VirtualTime } from "./virtual-time.ts";

let time: VirtualTime;
let index: VectorIndex;
let documents: DocumentStore;

beforeEach(() => {
  time = new VirtualTime();
  index = new MemoryVectorIndex({ dimension: 1, modelId: "one" });
  documents = new MemoryDocumentStore();
});

function injector(options: Partial<FaultInjectorOptions>): FaultInjector {
  return new FaultInjector({ seed: 1, rate: 1, time, ...options });
}

function always(kind: FaultKind, seed: number = 1): FaultInjector {
  return injector({ kinds: [kind], seed });
}

function records(...ids: string[]): VectorRecord[] {
  return ids.map((id) => ({
    scope: "",
    id,
    revision: { epoch: 0, counter: 1 },
    vector: Float32Array.of(1),
    metadata: {},
  }));
}

function put(...ids: string[]): WriteItem[] {
  return ids.map((id) => ({
    type: "put",
    document: { scope: "", id, text: id, metadata: {}, timestamp: 0 },
  }));
}

async function indexed(): Promise<string[]> {
  const { entries } = await index.scan({ allScopes: true, limit: 100 });
  return entries.map(({ id }) => id);
}

const unavailable = { code: "E_UNAVAILABLE" };

describe("each fault", () => {
  it("fail-before does nothing and names itself", async () => {
    const faults = always("fail-before");
    const upsert = faults.vectors(index).upsert(records("a"));
    await expect(upsert).rejects.toThrow(
      "injected fault fail-before in vectors.upsert (call 1 of seed 1)",
    );
    await expect(upsert).rejects.toMatchObject(unavailable);
    expect(await indexed()).toEqual([]);
    expect(faults.log).toEqual([
      { number: 1, target: "vectors", method: "upsert", kind: "fail-before", effect: "none" },
    ]);
  });

  it("fail-after takes effect all the same", async () => {
    const faults = always("fail-after");
    await expect(faults.vectors(index).upsert(records("a"))).rejects.toMatchObject(unavailable);
    expect(await indexed()).toEqual(["a"]);
    expect(faults.log).toMatchObject([{ effect: "whole" }]);
  });

  it("slow waits, then works", async () => {
    const working = always("slow").vectors(index).upsert(records("a"));
    await nextTurn();
    expect(await indexed()).toEqual([]);
    await time.advance(50);
    await working;
    expect(await indexed()).toEqual(["a"]);
  });

  it("partial does a first part of a batch, then fails", async () => {
    const done: number[] = [];
    for (let seed = 0; seed < 30; seed++) {
      await index.delete(records("a", "b", "c"));
      const upsert = always("partial", seed)
        .vectors(index)
        .upsert(records("a", "b", "c"));
      await expect(upsert).rejects.toMatchObject(unavailable);
      const ids = await indexed();
      expect(ids).toEqual(["a", "b", "c"].slice(0, ids.length));
      done.push(ids.length);
    }
    expect(new Set(done)).toEqual(new Set([0, 1, 2]));
  });

  it("partial leaves a transactional write whole or undone", async () => {
    const write = always("partial").documents(documents).write(put("a", "b"));
    await expect(write).rejects.toMatchObject(unavailable);
    expect(await documents.count()).toBe(0);
  });

  it("partial makes an embedder answer with too few vectors", async () => {
    const embedder = always("partial").embedder(new WordEmbedder());
    const vectors = await embedder.embed(["one", "two"], { kind: "document" });
    expect(vectors.length).toBeLessThan(2);
  });

  it("hang fails at its deadline, whatever it did", async () => {
    const effects = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      await index.delete(records("a"));
      const faults = injector({ kinds: ["hang"], seed, deadlineMs: 100 });
      let failure: unknown;
      const upsert = faults.vectors(index).upsert(records("a"));
      upsert.catch((error: unknown) => (failure = error));
      await time.advance(99);
      expect(failure).toBeUndefined();
      await time.advance(1);
      expect(failure).toMatchObject(unavailable);
      const effect = faults.log[0]?.effect ?? "";
      effects.add(effect);
      expect([effect, await indexed()]).toEqual([effect, effect === "whole" ? ["a"] : []]);
      await time.advance(100);
      expect([effect, await indexed()]).toEqual([effect, effect === "none" ? [] : ["a"]]);
    }
    expect(effects).toEqual(new Set(["none", "whole", "later"]));
  });

  it("hang ends at once when the caller aborts", async () => {
    const stop = new AbortController();
    const hanging = always("hang").vectors(index).describe({ signal: stop.signal });
    stop.abort();
    await expect(hanging).rejects.toMatchObject({ code: "E_ABORTED" });
  });

  it("reset also fails the calls that still wait on the same target", async () => {
    const kinds: FaultKind[] = ["slow", "reset"];
    const faults = injector({ kinds, seed: seedOf(kinds, "slow", "reset") });
    const vectors = faults.vectors(index);
    const slow = vectors.upsert(records("a"));
    const reset = vectors.describe();
    await expect(reset).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
    await expect(slow).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
    expect(await indexed()).toEqual([]);
  });
});

/** A seed whose first calls meet these faults. */
function seedOf(kinds: readonly FaultKind[], ...wanted: FaultKind[]): number {
  for (let seed = 0; ; seed++) {
    const faults = injector({ kinds, seed });
    const vectors = faults.vectors(index);
    for (const _ of wanted) vectors.describe().catch(() => undefined);
    if (wanted.every((kind, i) => faults.log[i]?.kind === kind)) return seed;
  }
}

async function logOf(seed: number): Promise<unknown> {
  const faults = injector({ seed, rate: 0.5, kinds: ["fail-before", "fail-after", "partial"] });
  const vectors = faults.vectors(index);
  for (let i = 0; i < 40; i++) await vectors.upsert(records("a", "b")).catch(() => undefined);
  return faults.log;
}

/** A seed whose first call hangs and lands after its deadline. */
function lateSeed(): number {
  for (let seed = 0; ; seed++) {
    const faults = injector({ kinds: ["hang"], seed });
    faults
      .vectors(index)
      .describe()
      .catch(() => undefined);
    if (faults.log[0]?.effect === "later") return seed;
  }
}

function rangeError({ method }: { method: string }): Error {
  return new RangeError(method);
}

describe("the injector", () => {
  it("repeats a seed and differs between seeds", async () => {
    expect(await logOf(1)).toEqual(await logOf(1));
    expect(await logOf(1)).not.toEqual(await logOf(2));
  });

  it("disturbs about its share of the calls", async () => {
    const faults = injector({ rate: 0.25, kinds: ["fail-before"] });
    const vectors = faults.vectors(index);
    for (let i = 0; i < 400; i++) await vectors.describe().catch(() => undefined);
    expect(faults.log.length).toBeGreaterThan(60);
    expect(faults.log.length).toBeLessThan(140);
  });

  it("disturbs only the targets it was given, the outbox among them", async () => {
    const faults = injector({ kinds: ["fail-before"], targets: ["outbox"] });
    const store = faults.documents(documents);
    await store.write(put("a"));
    await expect(store.outbox.stats()).rejects.toMatchObject(unavailable);
    await store.settings.set("name", {});
    expect(faults.log).toMatchObject([{ target: "outbox", method: "stats" }]);
  });

  it("lets everything pass while it is switched off", async () => {
    const faults = injector({});
    faults.enabled = false;
    await faults.vectors(index).upsert(records("a"));
    expect(await indexed()).toEqual(["a"]);
    expect(faults.log).toEqual([]);
  });

  it("keeps one target down for a time, even while switched off", async () => {
    const faults = injector({ rate: 0 });
    const vectors = faults.vectors(index);
    faults.enabled = false;
    faults.outage("vectors", 60_000);
    await time.advance(59_999);
    await expect(vectors.describe()).rejects.toMatchObject(unavailable);
    await faults.documents(documents).count();
    await time.advance(1);
    await vectors.describe();
    expect(faults.log).toMatchObject([{ kind: "outage", effect: "none" }]);
  });

  it("severed, lets nothing arrive and nothing return, but what was sent lands", async () => {
    const faults = injector({ kinds: ["hang"], seed: lateSeed(), deadlineMs: 100 });
    const vectors = faults.vectors(index);
    vectors.upsert(records("sent")).catch(() => undefined);
    faults.sever();
    let answered = false;
    const answer = (): void => void (answered = true);
    vectors.upsert(records("unsent")).then(answer, answer);
    await time.advance(1000);
    expect(answered).toBe(false);
    expect(await indexed()).toEqual(["sent"]);
  });

  it("closed, fails what would wait for ever, before and after", async () => {
    const faults = injector({ rate: 0 });
    const vectors = faults.vectors(index);
    faults.sever();
    const waiting = vectors.upsert(records("a"));
    faults.close();
    await expect(waiting).rejects.toMatchObject({ code: "E_CLOSED" });
    await expect(vectors.describe()).rejects.toMatchObject({ code: "E_CLOSED" });
    expect(await indexed()).toEqual([]);
  });

  it("shows every call before and after it reached the engine", async () => {
    const seen: unknown[] = [];
    const faults = injector({
      rate: 0,
      onCall: ({ number, target, method }, moment) => seen.push([number, target, method, moment]),
    });
    await faults.vectors(index).describe();
    expect(seen).toEqual([
      [1, "vectors", "describe", "before"],
      [1, "vectors", "describe", "after"],
    ]);
  });

  it("throws what its owner wants thrown", async () => {
    const vectors = injector({ kinds: ["fail-before"], error: rangeError }).vectors(index);
    await expect(vectors.describe()).rejects.toThrow(RangeError);
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses the rate %d", (rate) => {
    expect(() => injector({ rate })).toThrow(`rate must be from 0 to 1, got ${rate}`);
  });
});

describe("a driver behind an idle injector is still that driver", () => {
  const idle = new FaultInjector({ seed: 1, rate: 0 });
  describeDocumentStoreContract("memory behind an injector", {
    create: async ({ clock }) => ({ store: idle.documents(new MemoryDocumentStore({ clock })) }),
  });
  describeVectorIndexContract("memory behind an injector", {
    create: async (options) => ({ index: idle.vectors(new MemoryVectorIndex(options)) }),
  });
});
