import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import {
  isPalimpsestError,
  PalimpsestError,
  type SemanticStore,
  type StoredDocument,
} from "@palimpsest/core";
import { MemoryDocumentStore } from "@palimpsest/core/memory";
import { describe, expect, test } from "vitest";
import { facts, targetOf } from "./fixtures/import-target.ts";
import { memorySemanticStore } from "./fixtures/memory-semantic-store.ts";
import { V1Database } from "./fixtures/v1-database.ts";
import type { ImportReport } from "./import-report.ts";
import { importLuminora } from "./luminora/import-luminora.ts";

const sdk = new URL("../fixtures/sdk-v1.1.sqlite", import.meta.url).pathname;

function refusing(
  code: "E_EMBEDDING_FAILED" | "E_FULL",
  ids: readonly string[],
): ReturnType<typeof targetOf> {
  return targetOf(undefined, {
    beforeUpsert: (inputs) => {
      if (inputs.some(({ id = "" }) => ids.includes(id))) throw new PalimpsestError(code, "no");
    },
  });
}

/** Runs an import that is aborted at its nth sign of progress. @returns the error's code */
async function stopAtProgress(
  source: string,
  target: ReturnType<typeof targetOf>,
  stopAt: number,
): Promise<string> {
  const abort = new AbortController();
  let seen = 0;
  const onProgress = (): void => {
    if (seen++ === stopAt) abort.abort();
  };
  try {
    await importLuminora({ source, target, onProgress, signal: abort.signal });
    return "finished";
  } catch (error) {
    return isPalimpsestError(error) ? error.code : String(error);
  }
}

function tampered(document: StoredDocument | undefined): StoredDocument | undefined {
  return document?.id.endsWith("k1") ? { ...document, text: "changed" } : document;
}

describe("an import that was stopped", () => {
  test.each(Array.from({ length: 15 }, (_, i) => i))(
    "at progress %i ends with the report of an undisturbed one",
    async (stopAt) => {
      using v1 = new V1Database();
      v1.facts(facts(700));
      const undisturbed = await importLuminora({ source: v1.path, target: targetOf() });
      const target = targetOf();
      expect(await stopAtProgress(v1.path, target, stopAt)).toBe("E_ABORTED");
      const report: ImportReport = await importLuminora({ source: v1.path, target });
      expect(report).toEqual(undisturbed);
      expect(await target.store.count()).toBe(700);
    },
  );

  test("says how to go on, and leaves no copy of the source", async () => {
    const signal = AbortSignal.abort();
    const run = importLuminora({ source: sdk, target: targetOf(), signal });
    await expect(run).rejects.toMatchObject({
      code: "E_ABORTED",
      message: "the import was stopped; run the same import again to finish it",
    });
    expect(readdirSync(tmpdir()).filter((name) => name.includes(`-${process.pid}-`))).toEqual([]);
  });

  test("does not resume another zone's or another source's plan", async () => {
    using v1 = new V1Database();
    v1.facts(facts(300));
    const target = targetOf();
    const abort = new AbortController();
    const onProgress = ({ phase, done }: { phase: string; done: number }): void => {
      if (phase === "apply" && done > 0) abort.abort();
    };
    const stopped = importLuminora({ source: v1.path, target, onProgress, signal: abort.signal });
    await expect(stopped).rejects.toMatchObject({ code: "E_ABORTED" });
    const other = await importLuminora({ source: v1.path, target, timezone: "Asia/Tokyo" });
    expect(other).toMatchObject({ imported: 44, updated: 256 });
  });
});

test("a second import at the same time is told to wait", async () => {
  using v1 = new V1Database();
  v1.facts(facts(1));
  const target = { store: memorySemanticStore(), lock: async () => undefined };
  await expect(importLuminora({ source: v1.path, target })).rejects.toMatchObject({
    code: "E_LOCKED",
    message: expect.stringContaining("wait"),
  });
  expect(await target.store.count()).toBe(0);
});

describe("a target that fails", () => {
  test("over single documents leaves them out and goes on", async () => {
    using v1 = new V1Database();
    v1.facts(facts(20));
    const poison = ["fact/ana/preferences/k3", "fact/ana/preferences/k17"];
    const target = refusing("E_EMBEDDING_FAILED", poison);
    const report = await importLuminora({ source: v1.path, target });
    expect(report).toMatchObject({
      read: 20,
      imported: 18,
      quarantined: 2,
      verified: 18,
      mismatches: 0,
    });
    expect(report.quarantine).toEqual([
      { table: "facts", row: 4, reason: "the target refused the document (E_EMBEDDING_FAILED)" },
      { table: "facts", row: 18, reason: "the target refused the document (E_EMBEDDING_FAILED)" },
    ]);
  });

  test("over every document is out of order: nothing is quarantined", async () => {
    using v1 = new V1Database();
    v1.facts(facts(4));
    const all = facts(4).map(({ key }) => `fact/ana/preferences/${key}`);
    const target = refusing("E_EMBEDDING_FAILED", all);
    const run = importLuminora({ source: v1.path, target });
    await expect(run).rejects.toMatchObject({ code: "E_EMBEDDING_FAILED" });
  });

  test("for want of space ends the import, which then resumes", async () => {
    using v1 = new V1Database();
    v1.facts(facts(600));
    const documents = new MemoryDocumentStore();
    const full = targetOf(documents, {
      beforeUpsert: (inputs) => {
        if (inputs.some(({ id }) => id?.endsWith("/k599")))
          throw new PalimpsestError("E_FULL", "no");
      },
    });
    await expect(importLuminora({ source: v1.path, target: full })).rejects.toMatchObject({
      code: "E_FULL",
    });
    expect(await importLuminora({ source: v1.path, target: targetOf(documents) })).toMatchObject({
      imported: 600,
      unchanged: 0,
      verified: 600,
    });
  });

  test("to keep what it was given is found out, whatever digest it claims", async () => {
    using v1 = new V1Database();
    v1.facts(facts(3));
    const honest = targetOf();
    const store: SemanticStore = {
      ...honest.store,
      getMany: async (keys) => {
        const found = await honest.store.getMany(keys);
        return found.map(tampered);
      },
    };
    const report = await importLuminora({ source: v1.path, target: { ...honest, store } });
    expect(report).toMatchObject({ imported: 3, verified: 2, mismatches: 1 });
  });
});
