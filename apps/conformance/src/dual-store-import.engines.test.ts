import { importDualStore } from "@palimpsest/compat-v1/dual-store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enginePairs } from "./fixtures/engine-pairs.ts";
import { hasV1Servers, V1Servers } from "./fixtures/v1-servers.ts";

describe.skipIf(!hasV1Servers)("a family of the older store goes into", () => {
  const v1 = new V1Servers();
  beforeAll(() => v1.start("agent-tasks"));
  afterAll(() => v1[Symbol.asyncDispose]());

  it.for(enginePairs.filter(({ isReachable }) => isReachable))(
    "$name whole, once, and is healthy there",

    async ({ place }) => {
      const at = await place();
      try {
        const { store, lock, close } = await at.open();
        const bring = () =>
          importDualStore(`${v1.agent}_agent-tasks`, { env: v1.env, target: { store, lock } });
        const first = await bring();
        expect(first).toMatchObject({
          read: 163,
          imported: 163,
          verified: 163,
          mismatches: 0,
          extra: 0,
          quarantined: 0,
          notes: { "blank-text": 13, image: 8, "older-revision": 12, "orphan-vector": 3 },
        });
        expect(await bring()).toEqual({ ...first, imported: 0, unchanged: 163 });
        expect(await store.checkConsistency()).toMatchObject({ healthy: true, documents: 163 });
        await close();
      } finally {
        await at.drop();
      }
    },
  );
});
