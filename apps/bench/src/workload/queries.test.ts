import { expect, test } from "vitest";
import { workload } from "./queries.ts";

const shape = { queries: 1_000, repetition: 0.8, tenants: 2, seed: 1 };
const nameOf = ({ tenant, question }: { tenant: string; question: string }) =>
  `${tenant} ${question}`;

test("the share of repeated queries is the one asked for, over both tenants", () => {
  const queries = workload(shape);
  expect(queries).toHaveLength(1_000);
  expect(new Set(queries.map(nameOf)).size).toBe(200);
  expect(new Set(queries.map(({ question }) => question)).size).toBe(100);
  expect(new Set(queries.map(({ tenant }) => tenant))).toEqual(new Set(["tenant-0", "tenant-1"]));
});

test("a seed repeats it, another one does not, and some queries are far more popular", () => {
  expect(workload(shape)).toEqual(workload(shape));
  expect(workload({ ...shape, seed: 2 })).not.toEqual(workload(shape));
  const counts = new Map<string, number>();
  for (const name of workload(shape).map(nameOf)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sizes = [...counts.values()].toSorted((a, b) => b - a);
  expect(sizes[0]).toBeGreaterThan(50);
  expect(sizes.at(-1)).toBe(1);
});
