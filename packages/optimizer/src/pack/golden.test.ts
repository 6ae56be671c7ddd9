import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { pack } from "./pack.ts";
import { unpack } from "./unpack.ts";

/** Texts of version 1: they must stay readable, and a change of what is written must be meant. */
const golden = ["facts", "orders", "logs", "flags"].flatMap((name) => [
  { name, profile: "readable" as const },
  { name, profile: "dense" as const },
]);

test.each(golden)("$name, $profile", async ({ name, profile }) => {
  const folder = new URL("../../fixtures/pack/", import.meta.url);
  const value = JSON.parse(await readFile(new URL(`${name}.json`, folder), "utf8")) as unknown;
  const text = await readFile(new URL(`${name}.${profile}.txt`, folder), "utf8");
  expect(JSON.stringify(unpack(text))).toBe(JSON.stringify(value));
  expect(pack(value, { profile })).toBe(text);
});
