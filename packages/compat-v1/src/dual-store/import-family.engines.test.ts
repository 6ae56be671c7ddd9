import type { Document, SemanticStore as Store } from "@palimpsest/core";
import type { ImportTarget } from "@palimpsest/migration";
import { Long, ObjectId } from "mongodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTarget } from "./fixtures/import-target.ts";
import { fixtureRows, fixtureVectors, hasServers, TestDeployment } from "./fixtures/test-family.ts";
import { type FamilyImportReport, importDualStore } from "./import-family.ts";
import { jsonMetadata, type LegacyRow, rowTime } from "./legacy-row.ts";

const names = ["thoughts", "discord", "sessions", "agent-tasks"] as const;

async function byRow(store: Store): Promise<Map<string, Document>> {
  const found = new Map<string, Document>();
  for await (const document of store.scan()) {
    const v1 = document.metadata["v1"] as { row?: string };
    found.set(v1.row ?? `orphan ${document.id}`, document);
  }
  return found;
}

describe.skipIf(!hasServers)("importDualStore", () => {
  let deployment: TestDeployment;
  beforeEach(() => {
    deployment = new TestDeployment();
  });
  afterEach(() => deployment.dispose());

  const bring = (name: string, target: ImportTarget): Promise<FamilyImportReport> => {
    const { env = {}, databaseName = "", mongoUri = "", chromaUrl = "" } = deployment.options();
    const family = deployment.family(name);
    return importDualStore(family, { env, databaseName, mongoUri, chromaUrl, target });
  };
  const rows = (name: string) => deployment.database.collection<LegacyRow>(deployment.family(name));

  it.each(names)("carries every row and orphan of %s, each value equal", async (name) => {
    const about = await deployment.load(name);
    await using target = await openTarget();
    const report = await bring(name, target);
    const records = about.documents + about.vectors_without_document;
    expect(report).toMatchObject({
      read: records,
      imported: records,
      updated: 0,
      unchanged: 0,
      quarantined: 0,
      verified: records,
      mismatches: 0,
      extra: 0,
      tables: { documents: about.documents, vectors: about.vectors_without_document },
      source: { textKey: about.textKey, timeKey: about.timeKey, vectors: about.vectors },
    });
    expect(report.notes).toMatchObject({
      "older-revision": about.duplicate_ids,
      "blank-text": about.blank_text,
      image: about.images,
      "orphan-vector": about.vectors_without_document,
    });
    const found = await byRow(target.store);
    expect(found.size).toBe(records);
    for (const row of fixtureRows(`duck_${name}`)) {
      const document = found.get(String(row._id));
      const { v1, dualStoreExtra, ...metadata } = document?.metadata ?? {};
      expect(document?.text).toBe(row[about.textKey]);
      expect(document?.timestamp).toBe(rowTime(row, about));
      expect(metadata).toEqual(jsonMetadata(row.metadata ?? {}));
      const { source } = row as { source?: string };
      expect(dualStoreExtra).toEqual(source === undefined ? undefined : { source });
      const raw = row[about.timeKey];
      const time = (v1 as { time?: { value: unknown } }).time;
      expect(time?.value ?? document?.timestamp).toEqual(jsonMetadata({ raw })["raw"]);
    }
    const ids = new Set(fixtureRows(`duck_${name}`).map(({ id }) => id));
    for (const { id, document, metadata } of fixtureVectors(`duck_${name}`)) {
      if (ids.has(id)) continue;
      const orphan = found.get(`orphan ${id}`);
      expect(orphan).toMatchObject({ id, text: document, metadata });
      expect(orphan?.metadata["v1"]).toMatchObject({ orphan: true });
    }
  });

  it("gives each id to its newest row, and the others their own", async () => {
    await deployment.load("agent-tasks");
    await using target = await openTarget();
    await bring("agent-tasks", target);
    const all = fixtureRows("duck_agent-tasks");
    const keys = { textKey: "text", timeKey: "timestamp" };
    for (const id of new Set(all.map((row) => String(row.id)))) {
      const same = all.filter((row) => row.id === id);
      const times = same.map((row) => Number(row.metadata?.["updated_at"] ?? rowTime(row, keys)));
      const newest = await target.store.get({ id });
      expect(newest?.timestamp).toBe(Math.max(...times));
      for (const row of same) {
        const v1 = newest?.metadata["v1"] as { row: string };
        if (v1.row === String(row._id)) continue;
        const older = await target.store.get({ id: `${id}~${String(row._id)}` });
        expect(older?.text).toBe(row["text"]);
        expect(older?.metadata["v1"]).toMatchObject({ olderRevisionOf: id });
      }
    }
  });

  it("changes nothing the second time, nor in v1's servers", async () => {
    await deployment.load("sessions");
    const before = await rows("sessions").find().sort({ _id: 1 }).toArray();
    await using target = await openTarget();
    const first = await bring("sessions", target);
    const second = await bring("sessions", target);
    expect(second).toEqual({ ...first, imported: 0, unchanged: first.imported });
    expect(await rows("sessions").find().sort({ _id: 1 }).toArray()).toEqual(before);
    const collections = await deployment.database.listCollections().toArray();
    expect(collections.map(({ name }) => name)).toEqual([deployment.family("sessions")]);
  });

  it("brings over what v1 wrote since, moving the older row of an id", async () => {
    await rows("x").insertOne({ _id: oid(1), id: "a", text: "one", createdAt: 1, metadata: {} });
    await using target = await openTarget();
    await bring("x", target);
    await rows("x").insertOne({ _id: oid(2), id: "a", text: "two", createdAt: 2, metadata: {} });
    expect(await bring("x", target)).toMatchObject({ imported: 1, updated: 1, extra: 0 });
    expect((await target.store.get({ id: "a" }))?.text).toBe("two");
    expect((await target.store.get({ id: `a~${oid(1).toHexString()}` }))?.text).toBe("one");
  });

  it("keeps what only v1 could hold, and says so", async () => {
    await rows("odd").insertMany([
      { _id: oid(1), id: "number", text: 7, createdAt: 5, metadata: { v1: "mine" } },
      { _id: oid(2), text: "no id", createdAt: null, metadata: null },
      { _id: oid(3), id: "nul", text: "a\0b", createdAt: "junk", metadata: {} },
      { _id: oid(4), id: "quoted", text: "q", createdAt: '"2024-01-02T03:04:05.000Z"' },
      { _id: oid(5), id: "big", text: "b", createdAt: 1, metadata: { n: Long.MAX_VALUE } },
      { _id: oid(6), id: "i".repeat(500), text: "new", createdAt: 2 },
      { _id: oid(7), id: "i".repeat(500), text: "old", createdAt: 1 },
    ] as LegacyRow[]);
    await using target = await openTarget();
    const report = await bring("odd", target);
    expect(report).toMatchObject({
      read: 7,
      imported: 7,
      quarantined: 0,
      verified: 7,
      notes: {
        "text-not-string": 1,
        "id-not-string": 1,
        "nul-replaced": 1,
        "time-absent": 1,
        "time-invalid": 1,
        "time-quoted-iso": 1,
        "time-of-insert": 2,
        "older-revision": 1,
      },
      source: { chromaCollection: deployment.family("odd") },
    });
    expect(report.source.vectors).toBeUndefined();
    const found = await byRow(target.store);
    const v1Of = (n: number) => found.get(oid(n).toHexString())?.metadata["v1"];
    expect(v1Of(1)).toMatchObject({ text: { value: 7 }, metadata: "mine" });
    expect(v1Of(2)).toMatchObject({ time: { encoding: "absent", value: null }, id: {} });
    expect(v1Of(3)).toMatchObject({ time: { encoding: "invalid", value: "junk" } });
    expect(found.get(oid(3).toHexString())?.timestamp).toBe(oid(3).getTimestamp().getTime());
    expect(found.get(oid(4).toHexString())?.timestamp).toBe(Date.UTC(2024, 0, 2, 3, 4, 5));
    expect(found.get(oid(5).toHexString())?.metadata["n"]).toEqual({
      $numberLong: "9223372036854775807",
    });
    expect(found.get(oid(7).toHexString())?.id).toMatch(/^~[0-9a-f]{64}$/);
  });

  it("refuses a family that is not there, and names those that are", async () => {
    await deployment.load("thoughts");
    await using target = await openTarget();
    await expect(bring("thought", target)).rejects.toMatchObject({
      code: "E_NOT_FOUND",
      message: expect.stringContaining(deployment.family("thoughts")),
    });
  });

  it("keeps families apart that share an id in one tenant", async () => {
    await rows("a").insertOne({ _id: oid(1), id: "1", text: "a", createdAt: 1, metadata: {} });
    await rows("b").insertOne({ _id: oid(2), id: "1", text: "b", createdAt: 1, metadata: {} });
    await using target = await openTarget();
    await bring("a", target);
    expect(await bring("b", target)).toMatchObject({ imported: 0, quarantined: 1, extra: 0 });
    expect((await target.store.get({ id: "1" }))?.text).toBe("a");
  });
});

function oid(n: number): ObjectId {
  return new ObjectId(`6554${String(n).padStart(20, "0")}`);
}
