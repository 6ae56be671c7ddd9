import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../json/parse-json.ts";
import { anyJson, records } from "./fixtures/json-values.ts";
import { legend } from "./legend.ts";
import { pack, type PackOptions } from "./pack.ts";
import type { PackProfile } from "./pack-profile.ts";
import { packStream } from "./pack-stream.ts";
import { unpack } from "./unpack.ts";
import { unpackStream } from "./unpack-stream.ts";

const counter = { family: "o200k_base", count: countTokens };
const all: readonly PackProfile[] = ["readable", "dense", "minified"];

const facts = [
  { id: "fact_00001", user: "maya", likes: "tea", score: 0.95, at: "2025-01-07T03:02:13Z" },
  { id: "fact_00002", user: "maya", likes: "rain", score: 0.95, at: "2025-01-08T10:00:00Z" },
  { id: "fact_00003", user: "maya", likes: "chess", score: 0.7, at: "2025-02-11T23:59:59Z" },
];

describe("profiles", () => {
  test("readable, the default, keeps cells that can be read one by one", () => {
    expect(pack(facts)).toBe(
      [
        "#pack1 3",
        "id:fact_#####\tuser=maya\tlikes\tscore?.95\tat:2025-MM-DDThh:mm:ssZ",
        "1\ttea\t\t0107 030213",
        "2\train\t\t0108 100000",
        "3\tchess\t.7\t0211 235959",
        "",
      ].join("\n"),
    );
  });

  test("dense also calculates", () => {
    const [, columns, row] = pack(facts, { profile: "dense" }).split("\n");
    expect(columns).toMatch(/^id=fact_00001\+\tuser=maya\tlikes\tscore/);
    expect(row).toMatch(/^tea\t/);
  });

  test("minified is JSON, with −0 and numbers as they were written", () => {
    expect(pack(facts, { profile: "minified" })).toBe(JSON.stringify(facts));
    expect(pack([-0], { profile: "minified" })).toBe("[-0]");
    expect(pack(parseJson("[1.0,1e21]"), { profile: "minified" })).toBe("[1.0,1e21]");
  });

  test("a value without a table is JSON in every profile", () => {
    for (const value of [
      null,
      7,
      "x",
      "#pack1 3",
      "# x",
      [],
      {},
      [1, [2]],
      { a: 1 },
      [[{ a: 1 }]],
    ]) {
      for (const profile of all) {
        expect(pack(value, { profile, legend: true })).toBe(JSON.stringify(value));
        expect(unpack(pack(value, { profile }))).toEqual(value);
      }
    }
  });
});

describe("auto", () => {
  test("takes the fewest tokens of what is allowed", () => {
    const tokens = (text: string) => counter.count(text);
    const auto = pack(facts, { profile: "auto", counter });
    expect(auto).toBe(pack(facts));
    const dense = pack(facts, { profile: "auto", counter, allow: all });
    expect(tokens(dense)).toBe(Math.min(...all.map((profile) => tokens(pack(facts, { profile })))));
    expect(pack(facts, { profile: "auto", counter, allow: ["minified"] })).toBe(
      JSON.stringify(facts),
    );
  });

  test("counts the legend", () => {
    const one = facts.slice(0, 1);
    expect(pack(one, { profile: "auto", counter, legend: true })).toBe(JSON.stringify(one));
    const many = Array.from({ length: 30 }, (_, i) => ({ ...facts[i % 3], n: i }));
    const text = pack(many, { profile: "auto", counter, legend: true });
    expect(text.startsWith(`# ${legend("readable")}\n#pack1 30\n`)).toBe(true);
  });

  test("is never longer than minified JSON", () => {
    fc.assert(
      fc.property(fc.oneof(records, anyJson), fc.boolean(), (value, withLegend) => {
        const text = pack(value, { profile: "auto", counter, allow: all, legend: withLegend });
        const minified = pack(value, { profile: "minified" });
        expect(countTokens(text)).toBeLessThanOrEqual(countTokens(minified));
      }),
      { numRuns: 1000 },
    );
  });

  test("not even for none, one or two records and configuration", () => {
    const config = { a: { b: { c: { d: [{ e: 1 }, { e: 2 }] } } }, on: true, names: ["x"] };
    for (const value of [[], facts.slice(0, 1), facts.slice(0, 2), config, {}, [{}], [{}, {}]]) {
      const text = pack(value, { profile: "auto", counter, allow: all });
      expect(countTokens(text)).toBeLessThanOrEqual(countTokens(JSON.stringify(value)));
      expect(unpack(text)).toEqual(value);
    }
  });
});

describe("options", () => {
  test("the column line is repeated on request", () => {
    const text = pack(facts, { repeatHeader: 2 });
    const lines = text.split("\n");
    expect(lines[4]).toBe(`!!${lines[1]}`);
    expect(lines.filter((line) => line.startsWith("!!"))).toHaveLength(1);
    expect(unpack(text)).toStrictEqual(facts);
  });

  test("a legend above the text is skipped when it is read", () => {
    for (const profile of ["readable", "dense"] as const) {
      expect(unpack(pack(facts, { profile, legend: true }))).toStrictEqual(facts);
      expect(legend(profile)).not.toContain("\n");
    }
    expect(legend("minified")).toBe("");
    expect(legend("dense").startsWith(legend("readable"))).toBe(true);
  });

  test.each([0, -1, 1.5, Number.NaN])("repeatHeader %d is refused", (repeatHeader) => {
    expect(() => pack(facts, { repeatHeader })).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  });

  test("profiles that do not exist, and auto without a counter, are refused", async () => {
    const wrong: readonly [unknown, string][] = [
      [
        { profile: "tiny" },
        'profile must be "readable", "dense", "minified" or "auto", not "tiny"',
      ],
      [{ profile: 1n }, "not 1"],
      [{ profile: "auto" }, "needs a counter"],
      [
        { profile: "auto", counter, allow: ["auto"] },
        'each profile of allow must be "readable", "dense" or',
      ],
      [{ profile: "auto", counter, allow: "dense" }, "allow must be a list"],
    ];
    for (const [options, message] of wrong) {
      expect(() => pack(facts, options as PackOptions)).toThrow(message);
    }
    const stream = packStream(facts, { profile: "auto" as PackProfile });
    await expect(stream.next()).rejects.toThrow('not "auto"');
  });

  test.each(["exact", "", null, 1n])(
    "numbers %o are refused, in JSON and in a table",
    async (wrong) => {
      const options = { numbers: wrong as "source" };
      for (const text of ["[1]", pack(facts)]) {
        const refused = expect.objectContaining({
          code: "E_INVALID_INPUT",
          message: expect.stringContaining('numbers must be "native" or "source", not '),
        });
        expect(() => unpack(text, options)).toThrow(refused);
        expect(() => parseJson(text, options)).toThrow(refused);
        await expect(unpackStream([text], options).next()).rejects.toThrow(refused);
      }
    },
  );

  test("a text that is no string is refused", () => {
    for (const read of [unpack, parseJson]) {
      expect(() => read(undefined as unknown as string)).toThrow(
        expect.objectContaining({ code: "E_INVALID_INPUT" }),
      );
    }
    expect(() => unpack({} as string)).toThrow("must be a string, not an object");
    expect(() => unpack(undefined as unknown as string)).toThrow("must be a string, not undefined");
  });

  test("what JSON cannot hold is refused with its place", () => {
    expect(() => pack([{ a: 1 }, { a: undefined }])).toThrow('value[1]["a"] is undefined');
  });
});

describe("records that share no keys", () => {
  const alone = Array.from({ length: 200 }, (_, i) => ({
    [`alpha${i}`]: i,
    [`beta${i}`]: `b${i}`,
  }));
  // A key of a few records does not make a table of all of them.
  const rarely = alone.map((record, i) => (i % 30 === 0 ? { id: i, ...record } : record));

  test.each([
    ["a list", alone],
    ["a list with a key here and there", rarely],
    ["a map", Object.fromEntries(alone.map((record, i) => [`m${i}`, record]))],
    ["a list in an object", { rows: alone }],
  ])("%s becomes JSON in any profile, so that it costs no more", (_, value) => {
    for (const profile of ["readable", "dense"] as const) {
      expect(pack(value, { profile })).toBe(JSON.stringify(value));
      expect(pack(value, { profile, legend: true })).toBe(JSON.stringify(value));
    }
  });

  test("half of them sharing keys are a table still", () => {
    const mixed = alone.map((record, i) => (i % 2 === 0 ? record : { id: i, name: `n${i}` }));
    const text = pack(mixed);
    expect(text.length).toBeLessThan(JSON.stringify(mixed).length);
    expect(unpack(text)).toEqual(mixed);
  });
});

describe("documents", () => {
  const flags = {
    dark: { on: true, share: 5 },
    beta: { on: false, share: 9 },
    new: { on: true, share: 1 },
  };

  test("tables are taken out of objects and put back in their place", () => {
    const value = { env: "x", list: facts, deep: { flags, after: 1 }, end: null };
    const text = pack(value);
    expect(text).toContain(
      '#pack1 {"env":"x","list":null,"deep":{"flags":null,"after":1},"end":null}\n@list 3+\n',
    );
    expect(text).toContain("\n@deep.flags 3\n@key\ton?true\tshare\n");
    expect(JSON.stringify(unpack(text))).toBe(JSON.stringify(value));
  });

  test("a map of objects is a table with its keys", () => {
    expect(pack(flags)).toBe(
      "#pack1 3\n@key\ton?true\tshare\ndark\t\t5\nbeta\tfalse\t9\nnew\t\t1\n",
    );
    const mixed = { ...flags, odd: JSON.parse('{"share":1,"on":true}'), __proto__x: { on: true } };
    expect(JSON.stringify(unpack(pack(mixed)))).toBe(JSON.stringify(mixed));
  });
});
