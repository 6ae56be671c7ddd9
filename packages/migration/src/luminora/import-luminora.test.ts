import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { facts, targetOf } from "../fixtures/import-target.ts";
import { sdkColumns, V1Database } from "../fixtures/v1-database.ts";
import { importLuminora } from "./import-luminora.ts";
import { openLuminora } from "./open-luminora.ts";

const sdk = new URL("../../fixtures/sdk-v1.1.sqlite", import.meta.url).pathname;
const core = new URL("../../fixtures/core-v1.1.sqlite", import.meta.url).pathname;

describe("a whole database", () => {
  test("of the SDK", async () => {
    const target = targetOf();
    const first = await importLuminora({ source: sdk, target });
    expect(first).toEqual({
      read: 1387,
      imported: 1387,
      updated: 0,
      unchanged: 0,
      quarantined: 0,
      lossyInV1: 537,
      redacted: 10,
      verified: 1387,
      mismatches: 0,
      extra: 0,
      lossReasons: {
        "affinity-counters-reset": 64,
        "missing-zone": 1387,
        "non-finite-number": 1,
        "number-or-text": 119,
        "python-literal": 103,
        "session-fields-dropped": 10,
        "session-ttl-replaced": 10,
        "structure-or-text": 203,
        "text-read-as-other-type": 38,
      },
      quarantine: [],
      unknownTables: {},
      source: {
        schema: "sdk",
        tables: { affinity: 64, episodes: 129, facts: 1184, memories: 0, moods: 0, sessions: 10 },
      },
    });
    expect(await target.store.count()).toBe(1387);
    const second = await importLuminora({ source: sdk, target });
    expect(second).toEqual({ ...first, imported: 0, unchanged: 1387 });
  });

  test("of the core, into a tenant", async () => {
    const target = targetOf();
    const first = await importLuminora({ source: core, target, scope: "b" });
    expect(first).toMatchObject({
      read: 760,
      imported: 760,
      lossyInV1: 263,
      verified: 760,
      mismatches: 0,
      source: { schema: "core", tables: { episodes: 80, user_affinity: 80, user_facts: 600 } },
    });
    expect(await target.store.count({ scope: "b" })).toBe(760);
    expect(await target.store.count()).toBe(0);
  });

  test("holds no secret and no text of a row in the report", async () => {
    const target = targetOf();
    const report = await importLuminora({ source: sdk, target });
    expect(readFileSync(sdk, "latin1")).toContain("sk-FIXTURE");
    const stored: string[] = [];
    for await (const document of target.store.scan()) stored.push(JSON.stringify(document));
    expect(stored.join("") + JSON.stringify(report)).not.toContain("FIXTURE");
    expect(JSON.stringify(report)).not.toContain("aiko");
  });
});

test("only what changed is written again; what v1 deleted is reported", async () => {
  using v1 = new V1Database();
  v1.facts(facts(3));
  const target = targetOf();
  await importLuminora({ source: v1.path, target });
  v1.database.exec(
    "UPDATE facts SET value = 'go' WHERE key = 'k1'; DELETE FROM facts WHERE key = 'k2'",
  );
  v1.facts([{ key: "new" }]);
  target.store.upserted.length = 0;
  expect(await importLuminora({ source: v1.path, target })).toMatchObject({
    read: 3,
    imported: 1,
    updated: 1,
    unchanged: 1,
    verified: 3,
    mismatches: 0,
    extra: 1,
  });
  expect(target.store.upserted).toEqual(["fact/ana/preferences/k1", "fact/ana/preferences/new"]);
});

test("documents of others are neither extra nor touched", async () => {
  using v1 = new V1Database();
  v1.facts(facts(1));
  const target = targetOf();
  await target.store.upsert({ id: "mine", text: "mine", timestamp: 1 });
  expect(await importLuminora({ source: v1.path, target })).toMatchObject({ extra: 0 });
  expect(await target.store.count()).toBe(2);
});

test("an imported document that was deleted from the target comes back", async () => {
  using v1 = new V1Database();
  v1.facts(facts(2));
  const target = targetOf();
  await importLuminora({ source: v1.path, target });
  await target.store.delete({ id: "fact/ana/preferences/k0" });
  expect(await importLuminora({ source: v1.path, target })).toMatchObject({
    imported: 1,
    unchanged: 1,
  });
});

test("rows that can be no document are quarantined by name, without their text", async () => {
  using v1 = new V1Database();
  v1.facts([{ key: "good" }, { user_id: null }, { key: "nul", value: "a\0b" }]);
  v1.facts([{ key: "big", value: "x".repeat(5 * 1024 * 1024) }]);
  v1.table("user_facts", sdkColumns.facts, [
    { user_id: "ana", category: "preferences", key: "good" },
  ]);
  const report = await importLuminora({ source: v1.path, target: targetOf() });
  expect(report).toMatchObject({
    read: 5,
    imported: 1,
    quarantined: 4,
    verified: 1,
    mismatches: 0,
  });
  expect(report.quarantine).toEqual([
    { table: "facts", row: 2, reason: "user_id is NULL where v1 never leaves it NULL" },
    { table: "facts", row: 3, reason: "text holds U+0000, which no store can hold" },
    {
      table: "facts",
      row: 4,
      reason: "text is longer than 4194304 bytes, which no store can hold",
    },
    { table: "user_facts", row: 1, reason: "an earlier row of this file has the same id" },
  ]);
});

test("the quarantine list is capped, its count is not", async () => {
  using v1 = new V1Database();
  v1.facts(Array.from({ length: 150 }, () => ({ user_id: null })));
  const report = await importLuminora({ source: v1.path, target: targetOf() });
  expect(report.quarantined).toBe(150);
  expect(report.quarantine).toHaveLength(100);
});

test("times are local times of the given zone, which is part of the documents", async () => {
  using v1 = new V1Database();
  v1.facts([{ updated_at: "2024-07-01T12:00:00" }]);
  const target = targetOf();
  await importLuminora({ source: v1.path, target });
  expect(
    await importLuminora({ source: v1.path, target, timezone: "Europe/Madrid" }),
  ).toMatchObject({
    imported: 0,
    updated: 1,
    lossyInV1: 0,
  });
  const stored = await target.store.get({ id: "fact/ana/preferences/favourite_sport" });
  expect(stored?.timestamp).toBe(Date.parse("2024-07-01T10:00:00Z"));
  expect(stored?.metadata).toMatchObject({ updated_at: "2024-07-01T12:00:00" });
});

test("an unknown zone is refused before anything is read", async () => {
  const run = importLuminora({ source: "absent", target: targetOf(), timezone: "Mars/Phobos" });
  await expect(run).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
});

test("takes a source that is already open, and leaves it open", async () => {
  using source = await openLuminora(core);
  const report = await importLuminora({ source, target: targetOf() });
  expect(report.read).toBe(760);
  expect([...source.rows()]).toHaveLength(760);
});

test("reports progress through every phase", async () => {
  const phases: string[] = [];
  await importLuminora({
    source: core,
    target: targetOf(),
    onProgress: ({ phase, done, total }) => {
      expect(done).toBeLessThanOrEqual(total);
      if (done === total) phases.push(phase);
    },
  });
  expect(phases).toEqual(["read", "plan", "apply", "verify"]);
});
