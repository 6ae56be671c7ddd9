import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { pack } from "./pack.ts";
import { unpack } from "./unpack.ts";

const page = await readFile(new URL("../../../../docs/pack-format.md", import.meta.url), "utf8");
const examples = [
  ...page.matchAll(
    /```json\n(.*?)```\n\n<!-- prettier-ignore -->\n```(readable|dense)\n(.*?)```/gs,
  ),
].map(([, json = "", profile, text = ""]) => ({
  value: JSON.parse(json) as unknown,
  profile: profile === "dense" ? ("dense" as const) : ("readable" as const),
  text,
}));

describe("the examples of docs/pack-format.md", () => {
  test("are all found", () => {
    expect(examples).toHaveLength(page.match(/```json/g)?.length ?? 0);
    expect(examples.length).toBeGreaterThan(5);
  });

  test.each(examples)("$profile: $text", ({ value, profile, text }) => {
    expect(pack(value, { profile })).toBe(text);
    expect(JSON.stringify(unpack(text))).toBe(JSON.stringify(value));
  });
});
