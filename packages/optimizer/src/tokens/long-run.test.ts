import { expect, it } from "vitest";
import { hasLongRun } from "./long-run.ts";

const limit = 50;

it.each([
  ["letters", "a".repeat(60)],
  ["another script", "汉".repeat(60)],
  ["spaces of two kinds", " \u00a0".repeat(30)],
  ["marks, with the slashes and breaks that follow them", `=${"/\n".repeat(30)}`],
  ["letters with accents", "aé".repeat(30)],
  ["a run after short ones", `a b c, 12 ${"x".repeat(60)}`],
])("sees %s", (_, text) => {
  expect(hasLongRun(text, limit)).toBe(true);
});

it.each([
  ["prose", "The quick brown fox jumps over it. ".repeat(10)],
  ["digits, of which three make a piece", "9".repeat(200)],
  ["an alternation", "a1".repeat(100)],
  ["nothing", ""],
])("does not see %s", (_, text) => {
  expect(hasLongRun(text, limit)).toBe(false);
});
