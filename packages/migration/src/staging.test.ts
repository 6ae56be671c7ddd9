import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sealDocument, type SealedDocument } from "@palimpsest/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Staging } from "./staging.ts";

let folder = "";
let staging: Staging;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "staging-"));
  staging = new Staging(join(folder, "staging.sqlite"), "tenant");
});

afterEach(() => {
  staging[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function sealed(id: string, text: string = "text"): SealedDocument {
  return sealDocument({ scope: "tenant", id, text, metadata: { n: [1, null] }, timestamp: -5 });
}

test("gives documents back as they were sealed", () => {
  staging.add(sealed("a"), "facts", 7);
  const [[document] = []] = [...staging.batches()];
  expect(document).toMatchObject({ ...sealedFields("a"), table: "facts", row: 7 });
});

function sealedFields(id: string): Partial<SealedDocument> {
  const { scope, text, metadata, timestamp, digest } = sealed(id);
  return { scope, id, text, metadata, timestamp, digest };
}

test("refuses a second document of one id", () => {
  expect(staging.add(sealed("a"), "facts", 1)).toBe(true);
  expect(staging.add(sealed("a", "other"), "facts", 2)).toBe(false);
  expect(staging.add(sealed("A"), "facts", 3)).toBe(true);
  expect([staging.has("a"), staging.has("b"), staging.count()]).toEqual([true, false, 2]);
});

test("cuts batches by number and by size, in order", () => {
  for (let i = 0; i < 300; i++) staging.add(sealed(`${i}`), "facts", i);
  for (let i = 0; i < 4; i++) staging.add(sealed(`big${i}`, "x".repeat(3_000_000)), "facts", i);
  const batches = [...staging.batches()];
  expect(batches.map((batch) => batch.length)).toEqual([256, 46, 2]);
  expect(batches.flat().map(({ id }) => id)).toHaveLength(304);
});

test("leaves poisoned documents out", () => {
  for (const id of ["a", "b", "c"]) staging.add(sealed(id), "facts", 1);
  for (const batch of staging.batches()) if (batch[1]) staging.poison(batch[1]);
  expect([...staging.batches()].flat().map(({ id }) => id)).toEqual(["a", "c"]);
  expect(staging.count()).toBe(2);
});
