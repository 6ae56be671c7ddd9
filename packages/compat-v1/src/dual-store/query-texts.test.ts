import { describe, expect, it } from "vitest";
import { entry, FakeSource, filled, storeOf } from "./fixtures/fake-source.ts";

describe("query texts (defect 18)", () => {
  const recent = [1, 2, 3, 4, 5, 6].map((i) => entry(`recent ${i}`, i, { userName: "Ann" }));

  async function asked(options: object, legacyQueryOrder?: boolean) {
    const source = new FakeSource(recent);
    await (await filled(source, legacyQueryOrder)).compileContext(options);
    return source.queries[0]?.texts;
  }

  it("are the caller's, then the newest entries", async () => {
    expect(await asked({ texts: ["a", "b"], queryLimit: 4 })).toEqual([
      "a",
      "b",
      "recent 6",
      "recent 5",
    ]);
  });

  it("are the caller's latest where there are too many", async () => {
    expect(await asked({ texts: ["a", "b", "c"], queryLimit: 2 })).toEqual(["b", "c"]);
  });

  it("are none with a limit of 0", async () => {
    expect(await asked({ texts: ["a"], queryLimit: 0 })).toBeUndefined();
  });

  it("are the newest of all collections", async () => {
    const sources = {
      a: new FakeSource([entry("a old", 1), entry("a new", 9)]),
      b: new FakeSource([entry("b old", 2), entry("b new", 8)]),
    };
    const store = storeOf(sources);
    await store.getOrCreateCollection("a");
    await store.getOrCreateCollection("b");
    await store.compileContext({ queryLimit: 3 });
    expect(sources.b.queries[0]?.texts).toEqual(["a new", "b new", "b old"]);
  });

  it("are v1's with legacyQueryOrder: the oldest of the recent ones displace the caller's", async () => {
    const options = { texts: ["a", "b"], queryLimit: 4 };
    const older = ["recent 4", "recent 3", "recent 2", "recent 1"];
    expect(await asked(options, true)).toEqual(older);
    expect(await asked({ ...options, legacyQueryOrder: true })).toEqual(older);
    expect(await asked({ ...options, legacyQueryOrder: false }, true)).toContain("a");
    expect(await asked({ texts: ["a"], recentLimit: 1, queryLimit: 0 }, true)).toEqual([
      "a",
      "recent 6",
    ]);
  });
});
