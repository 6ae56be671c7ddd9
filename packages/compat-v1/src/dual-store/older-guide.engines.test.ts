import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImportTarget } from "@palimpsest/migration";
import { ObjectId } from "mongodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
import { openTarget } from "./fixtures/import-target.ts";
import { hasServers, TestDeployment } from "./fixtures/test-family.ts";
import { type FamilyImportReport, importDualStore } from "./import-family.ts";
import { inspect } from "./inspect-family.ts";
import type { LegacyRow } from "./legacy-row.ts";
import { SemanticStore } from "./semantic-store.ts";
import { SemanticStoreFactory } from "./semantic-store-factory.ts";

function row(n: number, more: Partial<LegacyRow> = {}): LegacyRow {
  const fields = { id: `id${n}`, text: `text ${n}`, timestamp: n, metadata: {} };
  return { _id: new ObjectId(), ...fields, ...more };
}

function many(count: number): LegacyRow[] {
  return Array.from({ length: count }, (_, n) => row(n));
}

// What the older migration guide's own snippets got wrong, each as the behaviour that is right.
describe.skipIf(!hasServers)("the older guide", () => {
  let deployment: TestDeployment;
  beforeEach(() => {
    deployment = new TestDeployment();
  });
  afterEach(() => deployment.dispose());

  const options = () => {
    const { env = {}, databaseName = "", mongoUri = "", chromaUrl = "" } = deployment.options();
    return { env, databaseName, mongoUri, chromaUrl };
  };
  const bring = (name: string, target: ImportTarget): Promise<FamilyImportReport> =>
    importDualStore(deployment.family(name), { ...options(), target });
  const rows = (name: string) => deployment.database.collection<LegacyRow>(deployment.family(name));

  it("6.2 migrateStore loop: 250 documents end, are all there and are not added twice", async () => {
    await rows("x").insertMany(many(250));
    await using target = await openTarget();
    expect(await bring("x", target)).toMatchObject({ read: 250, imported: 250 });
    expect(await bring("x", target)).toMatchObject({ read: 250, imported: 0, unchanged: 250 });
    expect(await target.store.count()).toBe(250);
  });

  it("6.2 usage-doc variant: pages of 100 give 250 documents once each, then stop", async () => {
    await rows("x").insertMany(many(250));
    const manager = await DualStoreManager.create("x", "text", "timestamp", deployment.options());
    const ids: string[] = [];
    for await (const { id } of manager.scan({ pageSize: 100 })) ids.push(id);
    expect([ids.length, new Set(ids).size]).toEqual([250, 250]);
    await manager.close();
  });

  it("6.2 totals: what cannot be stored is not counted as migrated, and is named", async () => {
    const huge = row(1, { text: "x".repeat(5 * 1024 * 1024) });
    await rows("x").insertMany([row(0), huge]);
    await using target = await openTarget();
    const report = await bring("x", target);
    expect(report).toMatchObject({ read: 2, imported: 1, quarantined: 1, verified: 1 });
    expect(report.quarantine).toEqual([
      { table: "documents", row: String(huge._id), reason: expect.stringContaining("longer than") },
    ]);
  });

  it("6.2 count check: blank texts and images are compared too, and by content", async () => {
    const image = { type: "image", caption: "a cat" };
    await rows("x").insertMany([
      row(0, { text: "" }),
      row(1, { text: "   " }),
      row(2, { text: "https://example.org/cat.png", metadata: image }),
    ]);
    await using target = await openTarget();
    expect(await bring("x", target)).toMatchObject({ imported: 3, verified: 3 });
    await target.store.update({ id: "id2" }, { text: "same count, other content" });
    expect(await bring("x", target)).toMatchObject({ updated: 1, unchanged: 2, mismatches: 0 });
    expect((await target.store.get({ id: "id2" }))?.text).toBe("https://example.org/cat.png");
  });

  it("6.2 no live-write handling: what v1 writes meanwhile comes with the next run", async () => {
    await rows("x").insertMany(many(200));
    await using target = await openTarget();
    const writing = (async () => {
      for (let n = 200; n < 300; n++) await rows("x").insertOne(row(n));
    })();
    await bring("x", target);
    await writing;
    const last = await bring("x", target);
    expect(last).toMatchObject({ read: 300, verified: 300, extra: 0, mismatches: 0 });
    expect(await target.store.count()).toBe(300);
  });

  it("6.2 validateMigration: the real target is compared, the oldest document too", async () => {
    await rows("x").insertMany(many(250));
    await using target = await openTarget();
    await bring("x", target);
    await target.store.delete({ id: "id0" });
    expect(await bring("x", target)).toMatchObject({ imported: 1, unchanged: 249, verified: 250 });
  });

  it("6.2 tests deepEqual: with their own ids and times both sides answer alike", async () => {
    const settings = { ...deployment.options(), time: () => 5, uuid: () => "fixed" };
    const older = await DualStoreManager.create("t", "text", "timestamp", settings);
    const newer = await SemanticStoreFactory.create("t", "text", "timestamp", {
      env: {},
      primaryDriver: "memory",
      vectorDriver: "memory",
      embedder: deployment.embedder,
      time: settings.time,
      uuid: settings.uuid,
    });
    for (const store of [older, newer]) {
      await store.insert({ text: "one", metadata: { b: 1, a: 2 } });
      const [entry] = await store.getMostRecent(10);
      expect(entry).toMatchObject({ id: "fixed", text: "one", timestamp: 5 });
      expect(entry?.metadata).toMatchObject({ a: 2, b: 1 });
      await store.close();
    }
  });

  it("6.2 migratePrimaryDatabase: the collection of vectors is the alias's, not the bare name", async () => {
    await deployment.load("sessions");
    await rows("renamed").insertMany(many(3));
    const aliases = deployment.database.collection<{ _id: string; target: string }>(
      "collection_aliases",
    );
    const target = deployment.family("sessions");
    await aliases.insertOne({ _id: deployment.family("renamed"), target });
    await using store = await openTarget();
    const report = await bring("renamed", store);
    expect(report.source).toMatchObject({ chromaCollection: target, vectors: 111 });
    expect(report.tables).toEqual({ documents: 3, vectors: 111 });
  });

  it("6.2 compareStores, monitor: extra documents are found, and empty is healthy", async () => {
    await using target = await openTarget();
    expect(await target.store.checkConsistency()).toMatchObject({ healthy: true, documents: 0 });
    await rows("x").insertMany(many(2));
    await bring("x", target);
    await rows("x").deleteOne({ id: "id0" });
    expect(await bring("x", target)).toMatchObject({ verified: 1, extra: 1 });
    await rows("y").insertOne(row(1, { timestamp: "no time", text: null }));
    const found = await inspect(deployment.family("y"), options());
    expect(found).toMatchObject({ documents: 1, blank_text: 1, documents_without_vector: 1 });
  });

  it("6.2 drop-in claim: a variable alone does not turn a family to an empty place", async () => {
    const folder = mkdtempSync(join(tmpdir(), "older-guide-"));
    const env = { PRIMARY_DRIVER: "sqlite", VECTOR_DRIVER: "sqlite", EMBEDDING_DRIVER: "hash" };
    try {
      await expect(
        SemanticStore.create("x", "text", "timestamp", { env, baseDir: folder }),
      ).rejects.toMatchObject({
        code: "E_CONFIG",
        message: expect.stringMatching(/PRIMARY_DRIVER.*no documents yet/),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
