import { expect, test } from "vitest";
import { emptyCounters, type MutableCounters, type StatisticsSnapshot } from "./counters.ts";
import { reportSavings } from "./savings-report.ts";

const monday = Date.UTC(2030, 0, 7);
const week = 7 * 24 * 3_600_000;

function snapshot(
  at: number,
  classes: Record<string, Partial<MutableCounters>>,
): StatisticsSnapshot {
  const whole = Object.entries(classes).map(([name, counts]) => [
    name,
    { ...emptyCounters(), ...counts },
  ]);
  return { at, classes: Object.fromEntries(whole) };
}

const latency = (bucket: number, count: number) => emptyCounters().fillLatency.with(bucket, count);

const before = snapshot(monday, { chat: { hits: 100, misses: 50, fills: 50, savedCost: 1 } });
const after = snapshot(monday + week, {
  chat: {
    hits: 900,
    misses: 240,
    staleHits: 10,
    fills: 245,
    errors: 5,
    savedCost: 21,
    savedTokens: 40_000,
    fillMilliseconds: 195_000,
    fillLatency: latency(36, 195),
  },
  embedding: { hits: 90, misses: 10, fills: 10, spentCost: 0.5, spentTokens: 100 },
});

test("two snapshots make a week: rates, calls, money net of cost, time, per class", () => {
  const { total, classes, from, to } = reportSavings(before, after);
  expect([from, to]).toEqual([monday, monday + week]);
  expect(classes["chat"]).toMatchObject({
    requests: 1_000,
    hits: 810,
    misses: 190,
    hitRate: 0.81,
    callsSaved: 810,
    costSaved: 20,
    errors: 5,
    timeSaved: 810_000,
  });
  expect(total).toMatchObject({
    requests: 1_100,
    hitRate: 900 / 1_100,
    callsSaved: 900,
    netSaved: 19.5,
    tokensSaved: 39_900,
  });
});

test("the text says the same to people", () => {
  expect(reportSavings(before, after).text).toBe(
    [
      "cache report, 2030-01-07 to 2030-01-14 (7 days)",
      "900 of 1100 calls saved (81.8 %), 5 failed",
      "saved 19.50 (20.00 less 0.50 spent on it), 39900 tokens, 0.2 h of waiting",
      "a call took ≤ 724 ms (p95 ≤ 724 ms), a hit unknown (p95 unknown)",
      "  chat: 810 of 1000 saved (81.0 %), 10 stale, 5 failed, 20.00",
      "  embedding: 90 of 100 saved (90.0 %), 0 stale, 0 failed, -0.50",
    ].join("\n"),
  );
});

test("one day is no days", () => {
  const later = { ...after, at: after.at + 86_400_000 };
  expect(reportSavings(after, later).text).toContain("(1 day)");
});

test("the report changes neither snapshot, and of one with itself is empty", () => {
  const copies = structuredClone([before, after]);
  expect(reportSavings(after, after).total).toMatchObject({ requests: 0, hitRate: 0, netSaved: 0 });
  reportSavings(before, after);
  expect([before, after]).toEqual(copies);
});

test.each([
  ["in the wrong order", after, before],
  ["of a process that started anew", after, { ...before, at: after.at + 1 }],
  ["that lost a class", after, snapshot(after.at + 1, { chat: { hits: 900 } })],
])("snapshots %s are refused", (_, first, second) => {
  expect(() => reportSavings(first, second)).toThrow(
    expect.objectContaining({ code: "E_INVALID_INPUT" }),
  );
});
