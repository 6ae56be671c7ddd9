import { expect } from "vitest";
import type { StoredDocument } from "../document.ts";
import { compareRevisions } from "../revision.ts";
import { sealDocument } from "../seal.ts";
import type { DocumentStoreCase } from "./document-context.ts";
import {
  deletion,
  documentOf,
  expectRefused,
  getOne,
  put,
  unusualIds,
  writeOne,
} from "./samples.ts";

const key = { scope: "", id: "a" };

/** Writing, reading and revisions. */
export const documentWrites: readonly DocumentStoreCase[] = [
  {
    name: "what write reports is what get returns, with the digest of the content",
    run: async ({ store }) => {
      const document = documentOf("a", {
        text: "née 😀 𝒳\r\n\ttab",
        metadata: { n: -0, deep: [{ b: 1.5e-7, a: null }], "": "empty key", é: "ß", big: 1e21 },
        timestamp: -5,
      });
      const stored = await writeOne(store, { type: "put", document });
      const { metadataJson: _, ...sealed } = sealDocument(document);
      expect(stored).toStrictEqual({ ...sealed, revision: { epoch: 0, counter: 1 } });
      expect(await getOne(store, key)).toStrictEqual(stored);
      expect(Object.is(stored.metadata["n"], 0)).toBe(true);
    },
  },
  {
    name: "metadata keys with escapes are read as written, whatever was read before",
    run: async ({ store }) => {
      for (const [i, name] of ["of key\n", 'of key"', "of key\u001f", "of key\n\n"].entries()) {
        // The start of the escaped form, which V8's parser takes for the key when it is one too.
        const before = JSON.stringify(name).slice(1, 1 + name.length);
        const given = [before, name].map((each) => ({ [`case ${i}`]: 0, [each]: 0 }));
        const found: (StoredDocument | undefined)[] = [];
        for (const metadata of given) {
          found.push(await writeOne(store, put("a", { metadata })), await getOne(store, key));
        }
        expect(found.map((each) => each?.metadata)).toStrictEqual(given.flatMap((m) => [m, m]));
      }
    },
  },
  {
    name: "ids and scopes are kept to the byte, however unusual",
    run: async ({ store }) => {
      const keys = unusualIds.map((id) => ({ scope: id, id }));
      await store.write(keys.map((each) => put(each.id, { scope: each.scope })));
      const found = await store.get(keys);
      expect(found.map((each) => each && { scope: each.scope, id: each.id })).toEqual(keys);
    },
  },
  {
    name: "empty text and 1 MB of text are stored",
    run: async ({ store }) => {
      const long = "näh ".repeat(200_000);
      await store.write([put("empty", { text: "" }), put("long", { text: long })]);
      expect((await getOne(store, { scope: "", id: "empty" }))?.text).toBe("");
      expect((await getOne(store, { scope: "", id: "long" }))?.text).toBe(long);
    },
  },
  {
    name: "changing a document that was given or returned does not change the store",
    run: async ({ store }) => {
      const metadata = { tags: ["one"] };
      const stored = await writeOne(store, put("a", { metadata }));
      metadata.tags.push("two");
      (stored.metadata["tags"] as string[]).push("three");
      const read = await getOne(store, key);
      (read as { metadata: { tags: string[] } } | undefined)?.metadata.tags.push("four");
      expect((await getOne(store, key))?.metadata).toEqual({ tags: ["one"] });
    },
  },
  {
    name: "a put replaces the document whole and counts its revision by one",
    run: async ({ store }) => {
      await writeOne(store, put("a", { metadata: { old: true } }));
      const second = await writeOne(store, put("a", { text: "new", metadata: { new: true } }));
      expect(second.revision).toEqual({ epoch: 0, counter: 2 });
      expect(second.metadata).toEqual({ new: true });
      const same = await writeOne(store, put("a", { text: "new", metadata: { new: true } }));
      expect(same.revision.counter).toBe(3);
    },
  },
  {
    name: "one call may write a key several times, in order",
    run: async ({ store }) => {
      const results = await store.write([
        put("a", { text: "one" }),
        deletion("a"),
        deletion("a"),
        put("b"),
        put("a", { text: "two" }),
      ]);
      expect(results.map((result) => result.status)).toEqual([
        "written",
        "written",
        "absent",
        "written",
        "written",
      ]);
      const last = await getOne(store, key);
      expect(last).toMatchObject({ text: "two", revision: { counter: 3 } });
      expect(await store.write([])).toEqual([]);
    },
  },
  {
    name: "get answers in the order asked, repeats included",
    run: async ({ store }) => {
      await store.write([put("a"), put("b")]);
      const missing = { scope: "", id: "missing" };
      const found = await store.get([{ scope: "", id: "b" }, missing, key, key]);
      expect(found.map((document) => document?.id)).toEqual(["b", undefined, "a", "a"]);
      expect(await store.get([])).toEqual([]);
    },
  },
  {
    name: "a scope never sees another's documents",
    run: async ({ store }) => {
      await store.write([put("a", { scope: "one", text: "of one" }), put("a", { scope: "two" })]);
      await store.write([deletion("a", "two")]);
      expect((await getOne(store, { scope: "one", id: "a" }))?.text).toBe("of one");
      expect(await getOne(store, { scope: "two", id: "a" })).toBeUndefined();
      expect(await getOne(store, key)).toBeUndefined();
      expect(await store.count()).toBe(0);
      expect(await store.count({ scope: "one" })).toBe(1);
      expect(await store.count({ allScopes: true })).toBe(1);
      expect(await store.recent({ scope: "two", limit: 9 })).toEqual([]);
    },
  },
  {
    name: "ifRevision lets a write through only on that revision of a live document",
    capability: "conditionalPut",
    run: async ({ store }) => {
      const first = await writeOne(store, { ...put("a"), ifRevision: null });
      const again = await store.write([{ ...put("a"), ifRevision: null }]);
      expect(again).toEqual([{ status: "conflict", current: first }]);
      const second = await writeOne(store, { ...put("a"), ifRevision: first.revision });
      const stale = { ...put("a", { text: "stale" }), ifRevision: first.revision };
      expect(await store.write([stale])).toEqual([{ status: "conflict", current: second }]);
      const staleDelete = { ...deletion("a"), ifRevision: first.revision };
      expect(await store.write([staleDelete])).toEqual([{ status: "conflict", current: second }]);
      expect(await getOne(store, key)).toEqual(second);
      await writeOne(store, { ...deletion("a"), ifRevision: second.revision });
      const gone = { ...put("a"), ifRevision: second.revision };
      expect(await store.write([gone])).toEqual([{ status: "conflict", current: undefined }]);
      const revived = await writeOne(store, { ...put("a"), ifRevision: null });
      expect(revived.revision.counter).toBe(4);
    },
  },
  {
    name: "a conflict stops its own item only",
    capability: "conditionalPut",
    run: async ({ store }) => {
      await writeOne(store, put("a"));
      const results = await store.write([put("b"), { ...put("a"), ifRevision: null }, put("c")]);
      expect(results.map(({ status }) => status)).toEqual(["written", "conflict", "written"]);
      expect(await store.count()).toBe(3);
    },
  },
  {
    name: "100 concurrent writers of one id each get a revision of their own",
    run: async ({ store }) => {
      const writes = Array.from({ length: 100 }, (_, i) =>
        writeOne(store, put("a", { text: `by ${i}` })),
      );
      const stored = (await Promise.all(writes)).toSorted((a, b) =>
        compareRevisions(a.revision, b.revision),
      );
      expect(stored.map(({ revision }) => revision.counter)).toEqual(
        Array.from({ length: 100 }, (_, i) => i + 1),
      );
      expect(await getOne(store, key)).toEqual(stored.at(-1));
    },
  },
  {
    name: "of many concurrent writers on one revision exactly one wins",
    capability: "conditionalPut",
    run: async ({ store }) => {
      const { revision } = await writeOne(store, put("a"));
      const writes = Array.from({ length: 20 }, (_, i) =>
        store.write([{ ...put("a", { text: `by ${i}` }), ifRevision: revision }]),
      );
      const results = (await Promise.all(writes)).flat();
      expect(results.filter(({ status }) => status === "written")).toHaveLength(1);
      expect((await getOne(store, key))?.revision.counter).toBe(2);
    },
  },
  {
    name: "an aborted signal stops a call before it does anything",
    run: async ({ store }) => {
      const signal = AbortSignal.abort(new Error("enough"));
      await expectRefused(store.write([put("a")], { signal }), "E_ABORTED");
      await expectRefused(store.get([key], { signal }), "E_ABORTED");
      await expectRefused(store.scan({ limit: 1, signal }), "E_ABORTED");
      await expectRefused(store.count({ signal }), "E_ABORTED");
      await expectRefused(store.recent({ limit: 1, signal }), "E_ABORTED");
      await expectRefused(store.putIfNewer([], { signal }), "E_ABORTED");
      expect(await store.count()).toBe(0);
    },
  },
];
