import { afterAll, describe, expect, it } from "vitest";
import { TestFolder } from "../fixtures/test-files.ts";
import { type AblationName, ablations } from "./ablations.ts";
import { simulate } from "./simulate.ts";
import type { PairName } from "./worlds.ts";

const folder = new TestFolder();
afterAll(() => folder[Symbol.dispose]());

describe("a schedule", () => {
  it.each<PairName>(["memory", "sqlite", "sqlite-memory", "two-files"])(
    "is repeated by its seed on %s",
    async (pair) => {
      for (const seed of [11, 12, 13, 14]) {
        const first = await simulate({ seed, folder: folder.path, pair });
        expect(await simulate({ seed, folder: folder.path, pair })).toEqual(first);
        expect(first.problems).toEqual([]);
      }
    },
  );

  it("leaves no file behind", async () => {
    await simulate({ seed: 1, folder: folder.path, pair: "two-files" });
    expect(folder.snapshot()).toEqual({});
  });
});

async function kindsWithout(name: AblationName): Promise<Set<string>> {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= 100; seed++) {
    const options = { seed, folder: folder.path, pair: "memory", ablation: ablations[name] };
    const { problems } = await simulate(options as Parameters<typeof simulate>[0]);
    for (const { kind } of problems) kinds.add(kind);
  }
  return kinds;
}

describe("a missing guard", () => {
  it.each<[AblationName, string[]]>([
    ["vectorFirst", ["unconverged"]],
    ["noOutbox", ["unconverged", "divergedAfterRepair"]],
    ["blindUpsert", ["duplicated", "lost", "resurrected"]],
    ["physicalDeletes", ["duplicated", "revisionsBack", "resurrected"]],
  ])("%s is noticed as what it breaks", async (name, kinds) => {
    expect([...(await kindsWithout(name))]).toEqual(expect.arrayContaining(kinds));
  });
});
