import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DualStoreManager } from "./dual-store-manager.ts";
import { hasServers, manifest, TestDeployment } from "./fixtures/test-family.ts";
import { familyNames, inspect } from "./inspect-family.ts";

const names = ["thoughts", "discord", "sessions", "agent-tasks"] as const;

describe.skipIf(!hasServers)("inspect", () => {
  const deployment = new TestDeployment();
  beforeAll(async () => {
    for (const name of names) await deployment.load(name);
  });
  afterAll(() => deployment.dispose());

  const look = (name: string) => inspect(deployment.family(name), deployment.options());

  it.each(names)("counts the family %s exactly, finding its keys", async (name) => {
    expect(await look(name)).toMatchObject(manifest.families[`duck_${name}`] as object);
  });

  it("tells the encodings of time and the states of the flags", async () => {
    expect(await look("sessions")).toMatchObject({
      timeEncodings: { epochMs: 40, iso: 40, date: 40 },
      flags: { written: 114, failed: 6, absent: 0 },
      generations: { G3: 120 },
    });
    expect((await look("thoughts")).flags).toEqual({ written: 0, failed: 0, absent: 120 });
  });

  it("names the alias and follows it", async () => {
    const family = deployment.family("thoughts");
    const aliases = deployment.database.collection<{ _id: string; target: string }>(
      "collection_aliases",
    );
    await aliases.insertOne({ _id: family, target: deployment.family("sessions") });
    const found = await look("thoughts");
    expect(found.alias).toEqual({ target: deployment.family("sessions") });
    expect(found.vectors).toBe(manifest.families["duck_sessions"]?.vectors);
    expect(found.vectors_without_document).toBe(111);
    await aliases.drop();
  });

  it("makes nothing, and names the families where one is unknown", async () => {
    await expect(look("nobody")).rejects.toMatchObject({
      code: "E_NOT_FOUND",
      message: expect.stringContaining(deployment.family("discord")),
    });
    expect(await familyNames(deployment.database)).toEqual(
      names.map((name) => deployment.family(name)).toSorted(),
    );
  });

  it("says whether the family was written to", async () => {
    expect((await look("discord")).adopted).toBe(false);
    const manager = await DualStoreManager.create(
      "discord",
      "content",
      "created_at",
      deployment.options(),
    );
    await manager.insert({ content: "new", created_at: 5 });
    await manager.close();
    const after = await look("discord");
    expect(after).toMatchObject({
      adopted: true,
      documents: 121,
      generations: { G2: 120, palimpsest: 1 },
    });
    expect(await familyNames(deployment.database)).toHaveLength(names.length);
  });

  it("6.1 #2: reconcile finds and mends both directions, and dryRun only looks", async () => {
    const options = deployment.options({ supportsImages: true });
    const manager = await DualStoreManager.create("sessions", "text", "timestamp", options);
    await manager.reconcile({ dryRun: true });
    expect(await look("sessions")).toMatchObject({
      documents_without_vector: 6,
      vectors_without_document: 3,
      adopted: false,
    });
    await manager.reconcile();
    await manager.close();
    expect(await look("sessions")).toMatchObject({
      documents: 120,
      duplicate_ids: 6,
      // Those whose text is empty: there is nothing to find them by.
      documents_without_vector: 3,
      vectors_without_document: 0,
      flags: { failed: 0 },
    });
  });
});
