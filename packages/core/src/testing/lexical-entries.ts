// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { expect } from "vitest";
import { limits } from "../seal.ts";
import { expectKeysetScan } from "./index-entries.ts";
import { type LexicalIndexCase, lexicalRecord } from "./lexical-queries.ts";
import { expectRefused, idsOf } from "./samples.ts";

const key = { scope: "", id: "a" };

function at(counter: number, epoch: number = 0): { revision: { epoch: number; counter: number } } {
  return { revision: { epoch, counter } };
}

/** Entries: replacing, deleting, refusing, scanning, counting. */
export const lexicalEntries: readonly LexicalIndexCase[] = [
  {
    name: "an upsert replaces the entry whole, and an older revision never does",
    run: async ({ index }) => {
      await index.upsert([lexicalRecord("a", "sea", at(2))]);
      await index.upsert([lexicalRecord("a", "sky", at(1))]);
      expect(await index.query({ text: "sky", k: 9 })).toEqual([]);
      expect(await index.query({ text: "sea", k: 9 })).toMatchObject([{ ...key, ...at(2) }]);
      await index.upsert([lexicalRecord("a", "hill", at(1, 1))]);
      await index.upsert([lexicalRecord("a", "sea", at(9))]);
      expect(await index.query({ text: "sea", k: 9 })).toEqual([]);
      expect(await index.query({ text: "hill", k: 9 })).toMatchObject([at(1, 1)]);
    },
  },
  {
    name: "the same revision again replaces, so that repair can",
    run: async ({ index }) => {
      await index.upsert([lexicalRecord("a", "broken")]);
      await index.upsert([lexicalRecord("a", "sea")]);
      expect(await index.query({ text: "broken", k: 9 })).toEqual([]);
      expect(idsOf(await index.query({ text: "sea", k: 9 }))).toEqual(["a"]);
    },
  },
  {
    name: "what is deleted is found and counted no more; deleting the absent is harmless",
    run: async ({ index }) => {
      await index.upsert([lexicalRecord("a", "sea"), lexicalRecord("b", "sea")]);
      await index.upsert([lexicalRecord("a", "sea", { scope: "other" })]);
      await index.delete([key, { scope: "", id: "missing" }]);
      await index.delete([key]);
      expect(idsOf(await index.query({ text: "sea", k: 9 }))).toEqual(["b"]);
      const figures = await index.documentFrequency(["sea"]);
      expect([figures.documents, figures.frequencies.get("sea")]).toEqual([1, 1]);
      expect(idsOf(await index.query({ text: "sea", k: 9, scope: "other" }))).toEqual(["a"]);
    },
  },
  {
    name: "documentFrequency counts documents, per scope or in all",
    run: async ({ index }) => {
      await index.upsert([lexicalRecord("a", "sea sea sky"), lexicalRecord("b", "sky")]);
      await index.upsert([lexicalRecord("c", "!!!"), lexicalRecord("d", "sea", { scope: "s" })]);
      const terms = ["sea", "sky", "none", "sea"];
      const mine = await index.documentFrequency(terms);
      expect(mine.documents).toBe(3);
      expect(terms.map((term) => mine.frequencies.get(term) ?? 0)).toEqual([1, 2, 0, 1]);
      const all = await index.documentFrequency(terms, { allScopes: true });
      expect([all.documents, all.frequencies.get("sea")]).toEqual([4, 2]);
      const none = await index.documentFrequency(terms, { scope: "nobody" });
      expect([none.documents, none.frequencies.get("sea") ?? 0]).toEqual([0, 0]);
    },
  },
  {
    name: "documentFrequency applies a filter that the index compiles",
    run: async ({ index }) => {
      const filter = { op: "eq", path: ["kind"], value: "fact" } as const;
      if (!index.compiles(filter)) return;
      await index.upsert([lexicalRecord("a", "sea", { metadata: { kind: "fact" } })]);
      await index.upsert([lexicalRecord("b", "sea"), lexicalRecord("c", "sky")]);
      const figures = await index.documentFrequency(["sea", "sky"], { filter });
      expect(figures.documents).toBe(1);
      expect(figures.frequencies.get("sea")).toBe(1);
      expect(figures.frequencies.get("sky") ?? 0).toBe(0);
    },
  },
  {
    name: "the first 256 KiB of a text are found, and 1 MB of text does not hurt",
    run: async ({ index }) => {
      const padding = "word ".repeat(limits.lexicalBytes / 5 - 10);
      await index.upsert([lexicalRecord("a", `${padding} needle ${"more ".repeat(200_000)}`)]);
      expect(idsOf(await index.query({ text: "needle", k: 9 }))).toEqual(["a"]);
    },
  },
  {
    name: "a scan lists every entry, also one without terms, in UTF-8 order for any page size",
    run: async ({ index }) => {
      await expectKeysetScan(index, (keys) =>
        index.upsert(keys.map(({ scope, id }) => lexicalRecord(id, "!", { scope }))),
      );
      await expectRefused(index.scan({ limit: 0 }), "E_INVALID_INPUT");
    },
  },
  {
    name: "malformed keys are refused",
    run: async ({ index }) => {
      for (const id of ["", "a\0", "\ud800", "x".repeat(513)]) {
        await expectRefused(index.upsert([lexicalRecord(id, "sea")]), "E_INVALID_INPUT");
      }
      await expectRefused(index.query({ text: "a", k: 1, scope: "\0" }), "E_INVALID_INPUT");
    },
  },
  {
    name: "an aborted signal stops a call; a closed index refuses; closing twice is harmless",
    run: async ({ index }) => {
      const signal = AbortSignal.abort();
      await expectRefused(index.upsert([lexicalRecord("a", "sea")], { signal }), "E_ABORTED");
      await expectRefused(index.query({ text: "sea", k: 1, signal }), "E_ABORTED");
      expect(await index.query({ text: "sea", k: 1 })).toEqual([]);
      await index.close();
      await index.close();
      await expectRefused(index.query({ text: "sea", k: 1 }), "E_CLOSED");
      await expectRefused(index.upsert([]), "E_CLOSED");
    },
  },
];
