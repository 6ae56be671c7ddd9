import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runInside } from "../fixtures/fake-host.ts";
import { TestFolder } from "../fixtures/test-files.ts";

const folder = new TestFolder();
const cwd = folder.path;
afterAll(() => folder[Symbol.dispose]());

const rows = Array.from({ length: 20 }, (_, i) => ({ id: `row_${i}`, name: "Ana", at: i }));
beforeAll(() => writeFileSync(folder.at("rows.json"), JSON.stringify(rows)));

function run(args: string[], columns = 80) {
  return runInside(["tokens", ...args], { cwd, columns });
}

describe("tokens", () => {
  it("shows each form with its change and a bar within the width", async () => {
    const { code, stdout, stderr } = await run(["rows.json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual([
      "form",
      "padded",
      "minified",
      "readable",
      "dense",
      "deduplicated",
    ]);
    expect(lines[1]).toMatch(/^padded +[\d,]+ +\+\d+(?:\.\d)?% +█+/);
    expect(lines[3]).toMatch(/^readable +\d+ +−\d+/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("shows what each field costs, and leaves the bars out where there is no room", async () => {
    const wide = await run(["rows.json", "--by-field"], 100);
    expect(wide.stdout).toMatch(/^field +keys +values +share +saves\n/);
    expect(wide.stdout).toMatch(/^name +\d+ +\d+ +[\d.]+% +\d+ +█/m);
    const narrow = await run(["rows.json", "--by-field"], 30);
    expect(narrow.stdout).not.toContain("█");
    expect(narrow.stdout).toMatch(/^name +\d+/m);
  });

  it("lets no field name steer the terminal", async () => {
    writeFileSync(folder.at("names.json"), '[{"\\u001b[31mred\\nline":1,"":2}]');
    const { stdout } = await run(["names.json", "--by-field"]);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toMatch(/^red line +\d/m);
    expect(stdout).toMatch(/^"" +\d/m);
  });

  it("prints the same as JSON, and says of an estimate how good it is", async () => {
    const exact = JSON.parse((await run(["rows.json", "--json"])).stdout) as object;
    expect(exact).toMatchObject({ family: "o200k_base", steps: expect.any(Array) });
    expect(exact).not.toHaveProperty("estimate");
    const args = ["rows.json", "--by-field", "--family", "claude", "--json"];
    expect(JSON.parse((await run(args)).stdout)).toMatchObject({
      family: "claude",
      records: 20,
      fields: [expect.objectContaining({ field: expect.any(String), records: 20 }), {}, {}],
      estimate: { error: { mean: expect.any(Number) }, factor: 1.3 },
    });
    expect((await run(["rows.json", "--family", "gemini"])).stderr).toMatch(
      /^gemini is estimated: mean error \d+ %/,
    );
  });

  it("says when the figures by field are of a sample", async () => {
    const { stderr } = await run(["rows.json", "--by-field", "--sample", "5"]);
    expect(stderr).toBe("figures are of 5 of 20 records; see --sample\n");
  });

  it("takes the one list inside an object for the records", async () => {
    writeFileSync(folder.at("wrapped.json"), JSON.stringify({ rows }));
    const { stdout } = await run(["wrapped.json", "--by-field", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ records: 20 });
  });
});
