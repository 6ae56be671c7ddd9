import { expect, it } from "vitest";
import { barTable } from "./bar-table.ts";

const rows = [
  { cells: ["one", "1,000"], value: 1000 },
  { cells: ["二つ", "500"], value: 500 },
  { cells: ["none", "0"], value: 0 },
];

function width(columns?: number): number {
  const lines = barTable(["name", "n"], rows, columns).split("\n");
  return Math.max(...lines.map((line) => line.length));
}

it("aligns names to the left, figures to the right, and draws bars in eighths", () => {
  expect(barTable(["name", "n"], rows, 23)).toBe(
    ["name      n", "one   1,000  ██████████", "二つ    500  █████", "none      0"].join("\n"),
  );
  const [, , third] = barTable(
    ["name", "n"],
    rows.with(1, { cells: ["x", "1"], value: 260 }),
    23,
  ).split("\n");
  expect(third).toBe("x         1  ██▋");
});

it("takes 80 columns where there is no terminal, and no more than 100", () => {
  expect([width(), width(500), width(60)]).toEqual([80, 100, 60]);
});

it("draws no bar where there is no room, and none for nothing", () => {
  expect(barTable(["name", "n"], rows, 15)).not.toContain("█");
  expect(barTable(["name", "n"], [{ cells: ["a", "0"], value: 0 }], 80)).toBe("name  n\na     0");
  expect(barTable(["name", "n"], [], 80)).toBe("name  n");
});

it("clips names further, but not below eight columns, to stay within a narrow terminal", () => {
  const long = [{ cells: ["access_count", "1,000"], value: 1 }];
  expect(barTable(["name", "n"], long, 17)).toBe("name            n\naccess_co…  1,000");
  expect(barTable(["name", "n"], long, 5)).toBe("name          n\naccess_…  1,000");
});

it("clips a long name", () => {
  const long = [{ cells: ["x".repeat(60), "1"], value: 1 }];
  expect(barTable(["name", "n"], long, 80)).toMatch(/^x{23}… {2}1 {2}█/m);
});
