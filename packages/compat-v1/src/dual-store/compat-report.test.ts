import { beforeEach, describe, expect, it } from "vitest";
import { compatReport } from "./compat-report.ts";
import { warnDeprecated } from "./deprecation.ts";
import { DualStoreManager } from "./dual-store-manager.ts";
import { StandInChroma, StandInMongo } from "./fixtures/stand-ins.ts";
import type { DualStoreOptions } from "./types.ts";

let chroma: StandInChroma;
let mongo: StandInMongo;

function manage(options: DualStoreOptions): DualStoreManager<"text", "timestamp"> {
  const all = { env: {}, onWarning: () => {}, ...options };
  return new DualStoreManager("f", chroma, mongo.collection, "text", "timestamp", false, all);
}

beforeEach(() => {
  chroma = new StandInChroma();
  mongo = new StandInMongo();
});

describe("compatReport", () => {
  it("names each difference once, with its reason, and each switch", () => {
    const report = compatReport();
    expect(new Set(report.map(({ id }) => id)).size).toBe(report.length);
    expect(report.filter(({ older, now, reason }) => !older || !now || !reason)).toEqual([]);
    expect(new Set(report.flatMap((each) => each.switch?.option ?? []))).toEqual(
      new Set([
        "strictV1Errors",
        "dedupeByText",
        "flagsOnlyReport",
        "environmentFirst",
        "legacyQueryOrder",
      ]),
    );
  });

  it("gives a copy", () => {
    (compatReport() as unknown[]).length = 0;
    expect(compatReport().length).toBeGreaterThan(0);
  });
});

describe("switches", () => {
  it("strictV1Errors false: the document stays and is indexed later", async () => {
    chroma.failure = new Error("down");
    const manager = manage({ consistency: "strict", strictV1Errors: false });
    await expect(manager.insert({ id: "a", text: "x", timestamp: 1 })).rejects.toMatchObject({
      code: "E_INDEX_FAILED",
      documentStayed: true,
    });
    expect((await manager.get("a"))?.text).toBe("x");
    await manager.close();
  });

  it("dedupeByText: equal texts are given once", async () => {
    const manager = manage({ consistency: "strict", dedupeByText: true });
    await manager.insert({ id: "a", text: "same", timestamp: 1 });
    await manager.insert({ id: "b", text: "same", timestamp: 2 });
    expect(await manager.getMostRelevant(["same"], 5)).toHaveLength(1);
    expect(await manager.search(["same"], { limit: 5 })).toHaveLength(2);
    await manager.close();
  });

  it("flagsOnlyReport: a flag counts even where no vector is", async () => {
    const metadata = { vectorWriteSuccess: true };
    mongo.rows.push({ _id: "1", id: "a", text: "x", timestamp: 1, metadata });
    const older = manage({ flagsOnlyReport: true });
    expect(await older.getConsistencyReport()).toMatchObject({ consistentDocuments: 1 });
    await older.close();
    const real = manage({});
    expect(await real.getConsistencyReport()).toMatchObject({ inconsistentDocuments: 1 });
    await real.close();
  });
});

it("warns once per code, with v1's own", async () => {
  const seen: string[] = [];
  const listen = (warning: Error & { code?: string }): void => void seen.push(warning.code ?? "");
  process.on("warning", listen);
  warnDeprecated("TestDeprecation", "once");
  warnDeprecated("TestDeprecation", "twice");
  manage({});
  manage({});
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  expect(seen.filter((code) => code === "TestDeprecation")).toHaveLength(1);
  expect(seen.filter((code) => code === "DualStoreManagerDeprecation").length).toBeLessThanOrEqual(
    1,
  );
});
