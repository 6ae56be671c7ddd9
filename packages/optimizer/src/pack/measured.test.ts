import { readFile } from "node:fs/promises";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { pack } from "./pack.ts";
import type { PackProfile } from "./pack-profile.ts";
import { unpack } from "./unpack.ts";

type Row = Record<string, unknown>;

async function fixture<T>(name: string): Promise<T> {
  const url = new URL(`../../fixtures/${name}`, import.meta.url);
  return JSON.parse(await readFile(url, "utf8")) as T;
}

const facts = await fixture<Row[]>("facts-500.json");
const datasets = await fixture<{ name: string; data: Row }[]>("tabular-datasets.json");
const counter = { family: "o200k_base", count: countTokens };

/** Change against minified JSON, in percent of its tokens. */
function change(value: unknown, profile: PackProfile, legend: boolean = false): number {
  return (
    (countTokens(pack(value, { profile, legend })) / countTokens(JSON.stringify(value)) - 1) * 100
  );
}

/** The records of a set; of a map with its key as a column. */
function recordsOf({ data }: { data: Row }): Row[] {
  const [value] = Object.values(data);
  if (Array.isArray(value)) return value as Row[];
  return Object.entries(value as Row).map(([key, row]) => Object.assign({ key }, row));
}

function tokens(tables: readonly Row[][], profile: PackProfile): number {
  return tables.reduce((sum, rows) => sum + countTokens(pack(rows, { profile })), 0);
}

describe("500 facts", () => {
  test("cost at most half in the readable profile and a third in the dense one", () => {
    expect(change(facts, "readable")).toBeLessThan(-60);
    expect(change(facts, "dense")).toBeLessThan(-70);
  });

  test("ten of them save half, the legend included", () => {
    expect(change(facts.slice(0, 10), "readable")).toBeLessThan(-60);
    expect(change(facts.slice(0, 10), "dense")).toBeLessThan(-64);
    expect(change(facts.slice(0, 10), "readable", true)).toBeLessThan(-52);
    expect(change(facts.slice(0, 10), "dense", true)).toBeLessThan(-50);
  });
});

describe("the data sets of TOON's benchmark", () => {
  const tables = datasets.filter(({ name }) => name !== "nested-config").map(recordsOf);

  test("together", () => {
    const minified = tokens(tables, "minified");
    expect(tokens(tables, "dense")).toBeLessThan(minified * 0.46);
    expect(tokens(tables, "readable")).toBeLessThan(minified * 0.51);
  });

  test.each(datasets)("$name is never longer than its minified JSON", ({ data }) => {
    const text = pack(data, { profile: "auto", counter, allow: ["readable", "dense"] });
    expect(countTokens(text)).toBeLessThanOrEqual(countTokens(JSON.stringify(data)));
    expect(JSON.stringify(unpack(text))).toBe(JSON.stringify(data));
  });
});

describe("round trips", () => {
  const values = [
    { name: "facts", data: facts as unknown },
    ...datasets.flatMap(({ name, data }) => [
      { name, data: data as unknown },
      { name: `${name}, its records`, data: recordsOf({ data }) as unknown },
    ]),
  ];

  test.each(values)("$name", ({ data }) => {
    for (const profile of ["readable", "dense", "minified"] as const) {
      const back = unpack(pack(data, { profile }));
      expect(back).toStrictEqual(data);
      expect(JSON.stringify(back)).toBe(JSON.stringify(data));
    }
  });
});
