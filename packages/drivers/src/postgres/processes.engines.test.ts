import { once } from "node:events";
import { compareRevisions } from "@palimpsest/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Child, startChild } from "./fixtures/child-process.ts";
import { freshSchema, runSql, type TestStore, testStore, testUrl } from "./fixtures/test-server.ts";
import { openPostgres } from "./open-postgres.ts";

const index = { dimension: 2, modelId: "m" };

async function linesOf(child: Child): Promise<[id: string, counter: number, digest: string][]> {
  const lines: [string, number, string][] = [];
  for await (const line of child.lines) lines.push(JSON.parse(line));
  return lines;
}

async function connectionsOf(application: string): Promise<number> {
  const counted = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = $1";
  return Number((await runSql(counted, [application]))[0]?.["n"]);
}

describe.skipIf(testUrl === undefined)("several processes", () => {
  let store: TestStore;
  let children: Child[];

  beforeEach(async () => {
    children = [];
    store = await testStore();
  });

  afterEach(async () => {
    await Promise.all(children.map((child) => child.kill()));
    await store.dispose();
  });

  function start(file: string, ...args: string[]): Child {
    const child = startChild(file, [testUrl as string, ...args]);
    children.push(child);
    return child;
  }

  test("any number may create one store at once, and its vectors", async () => {
    const schema = freshSchema();
    const others = ["a", "b"].map((prefix) => start("writer-child.ts", schema, prefix, "9", "9"));
    const engines = await Promise.all(
      Array.from({ length: 6 }, () =>
        openPostgres({ connectionString: testUrl as string, schema }),
      ),
    );
    await Promise.all(engines.map((engine) => engine.openVectors(index)));
    expect(await Promise.all(others.map(({ exit }) => exit))).toEqual([0, 0]);
    expect(await engines[0]?.documents.count()).toBe(18);
    expect(await engines[0]?.listVectors()).toMatchObject([{ modelId: "m", count: 18 }]);
    await Promise.all(engines.map((engine) => engine.close()));
    await runSql(`DROP SCHEMA "${schema}" CASCADE`);
  });

  test("100 writers of one id in two processes each get a revision of their own", async () => {
    await store.engine.openVectors(index);
    const writers = [0, 1].map(() => start("writer-child.ts", store.schema, "same", "1", "50"));
    const counters = (await Promise.all(writers.map(linesOf))).flat().map(([, counter]) => counter);
    expect(counters.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    // They end by themselves: idle connections hold no process.
    expect(await Promise.all(writers.map(({ exit }) => exit))).toEqual([0, 0]);
  });

  test("what a killed writer had acknowledged is there whole, and nothing is half there", async () => {
    const vectors = await store.engine.openVectors(index);
    const dying = new URL(testUrl as string);
    dying.searchParams.set("application_name", "palimpsest_dies");
    const acknowledged = new Map<string, { counter: number; digest: string }>();
    for (const count of [15, 60, 140]) {
      const child = startChild("writer-child.ts", [dying.href, store.schema, "k", "7", "1000000"]);
      children.push(child);
      let seen = 0;
      for await (const line of child.lines) {
        const [id, counter, digest] = JSON.parse(line) as [string, number, string];
        const before = acknowledged.get(id)?.counter ?? 0;
        if (counter > before) acknowledged.set(id, { counter, digest });
        if (++seen >= count) break;
      }
      await child.kill();
    }
    // The server may still be at what the dead have sent.
    await expect.poll(() => connectionsOf("palimpsest_dies"), { timeout: 60_000 }).toBe(0);
    const { documents, lexical } = store.engine;
    const { documents: stored } = await documents.scan({ limit: 100 });
    for (const document of stored) {
      const mine = acknowledged.get(document.id);
      const { counter } = document.revision;
      expect(counter).toBeGreaterThanOrEqual(mine?.counter ?? 0);
      expect(counter > (mine?.counter ?? 0) || document.digest === mine?.digest).toBe(true);
    }
    for (const { entries } of [
      await vectors.scan({ limit: 99 }),
      await lexical.scan({ limit: 99 }),
    ]) {
      const revisions = stored.map(({ scope, id, revision }) => ({ scope, id, revision }));
      expect(entries).toEqual(revisions);
    }
  });

  test("a transaction that a dead client left open holds nobody up and leaves nothing", async () => {
    const child = start("half-writer-child.ts", store.schema);
    await once(child.lines, "line");
    await child.kill();
    const document = { scope: "", id: "half", text: "whole", metadata: {}, timestamp: 1 };
    const [result] = await store.engine.documents.write([{ type: "put", document }]);
    expect(result).toMatchObject({ stored: { revision: { counter: 1 } } });
  });

  test("the death of its holder frees a lock", async () => {
    const child = start("lock-child.ts", store.schema, "import");
    expect(await once(child.lines, "line")).toEqual(["held"]);
    expect(await store.engine.lock("import")).toBeUndefined();
    await child.kill();
    await expect.poll(() => store.engine.lock("import"), { timeout: 30_000 }).toBeDefined();
    const other = await store.open();
    expect(await other.lock("import")).toBeUndefined();
    await store.engine.close();
    expect(await other.lock("import")).toBeDefined();
  });

  test("a put and a delete that race leave document, vector and terms in one state", async () => {
    const vectors = await store.engine.openVectors(index);
    const other = await store.open();
    for (let round = 0; round < 40; round++) {
      const key = { scope: "", id: `r${round}` };
      const document = { ...key, text: "sea", metadata: {}, timestamp: 1 };
      const vector = Float32Array.of(1, 0);
      await Promise.all([
        store.engine.documents.write([{ type: "put", document, vector }]),
        other.documents.write([{ type: "delete", key }]),
        other.documents.write([{ type: "put", document: { ...document, text: "" } }]),
      ]);
    }
    const { documents } = await store.engine.documents.scan({ limit: 100 });
    const indexed = documents.filter(({ text }) => text !== "");
    const wanted = indexed.map(({ scope, id, revision }) => ({ scope, id, revision }));
    expect((await vectors.scan({ limit: 100 })).entries).toEqual(wanted);
    expect((await store.engine.lexical.scan({ limit: 100 })).entries).toEqual(wanted);
    expect(
      documents.every(({ revision }) => compareRevisions(revision, { epoch: 0, counter: 1 }) >= 0),
    ).toBe(true);
  });
});
