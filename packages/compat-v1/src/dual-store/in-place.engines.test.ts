import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
import { fixtureRows, fixtureVectors, hasServers, TestDeployment } from "./fixtures/test-family.ts";
import type { LegacyRow } from "./legacy-row.ts";
import type { GenericEntry } from "./types.ts";

const names = ["thoughts", "discord", "sessions", "agent-tasks"] as const;

function timeOf(value: unknown): number {
  return value instanceof Date ? value.getTime() : new Date(value as string | number).getTime();
}

/** The caller's metadata: status is another matter. */
function plain(metadata: object | null | undefined): object {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).filter(([key]) => !key.startsWith("vectorWrite")),
  );
}

function newestRows(rows: readonly LegacyRow[], timeKey: string): Map<string, LegacyRow> {
  const newest = new Map<string, LegacyRow>();
  for (const row of rows) {
    const present = newest.get(row.id as string);
    const later =
      present === undefined ||
      timeOf(row[timeKey]) > timeOf(present[timeKey]) ||
      (timeOf(row[timeKey]) === timeOf(present[timeKey]) && String(row._id) > String(present._id));
    if (later) newest.set(row.id as string, row);
  }
  return newest;
}

describe.skipIf(!hasServers).each(names)("the family %s in place", (name) => {
  const deployment = new TestDeployment();
  const rows = fixtureRows(`duck_${name}`);
  let keys: { textKey: string; timeKey: string };
  let manager: DualStoreManager<string, string>;

  beforeAll(async () => {
    keys = await deployment.load(name);
    manager = await DualStoreManager.create(name, keys.textKey, keys.timeKey, {
      ...deployment.options(),
      readOnly: true,
    });
  });
  afterAll(async () => {
    await manager.close();
    await deployment.dispose();
  });

  it("reads every document with its time, text and metadata", async () => {
    const entries = new Map<string, GenericEntry>();
    for await (const entry of manager.scan({ pageSize: 50 })) entries.set(entry.id, entry);
    const newest = newestRows(rows, keys.timeKey);
    expect([...entries.keys()].toSorted()).toEqual([...newest.keys()].toSorted());
    for (const [id, row] of newest) {
      const entry = entries.get(id);
      expect(entry?.text).toBe(row[keys.textKey]);
      expect(entry?.timestamp).toBe(timeOf(row[keys.timeKey]));
      expect(plain(entry?.metadata)).toEqual(plain(row.metadata));
    }
    expect(await manager.count()).toBe(newest.size);
  });

  it("shows every row of an id, newest first", async () => {
    let seen = 0;
    for (const id of new Set(rows.map((row) => row.id as string))) {
      const revisions = await manager.getRevisions(id);
      const times = revisions.map(({ timestamp }) => timestamp);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      seen += revisions.length;
    }
    expect(seen).toBe(rows.length);
  });

  it("gives the newest by real time, blank texts left out", async () => {
    const recent = await manager.getMostRecent(15);
    const expected = [...newestRows(rows, keys.timeKey).values()]
      .filter((row) => String(row[keys.textKey]).trim() !== "")
      .toSorted((a, b) => timeOf(b[keys.timeKey]) - timeOf(a[keys.timeKey]))
      .slice(0, 15);
    expect(recent.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });

  it("compares vectors in the collection's own space", async () => {
    const [line] = fixtureVectors(`duck_${name}`);
    const vector = Float32Array.from(line?.embedding ?? []);
    deployment.embedder.embed = async (texts) => texts.map(() => vector);
    const lines = new Map(fixtureVectors(`duck_${name}`).map((each) => [each.id, each]));
    const found = await manager.search(["anything"], { limit: 5 });
    expect(found).toHaveLength(5);
    expect(found[0]?.score).toBeCloseTo(1, 3);
    for (const { id, score } of found) {
      const other = lines.get(id)?.embedding ?? [];
      const distance = Math.hypot(...vector.map((value, i) => value - (other[i] ?? 0)));
      expect(score).toBeCloseTo(1 / (1 + distance), 3);
    }
  });

  it("writes nothing while it is read", async () => {
    const collections = await deployment.database.listCollections().toArray();
    expect(collections.map((each) => each.name)).toEqual([deployment.family(name)]);
    const now = await deployment.database
      .collection<LegacyRow>(deployment.family(name))
      .find()
      .toArray();
    expect(now).toEqual(rows);
    await expect(manager.insert({ [keys.textKey]: "no" } as never)).rejects.toMatchObject({
      code: "E_READ_ONLY",
    });
  });
});
