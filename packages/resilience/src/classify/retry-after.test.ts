import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDuration, retryAfterOf } from "./retry-after.ts";

const now = Date.UTC(2030, 0, 1);
const wait = (headers: Record<string, string>) => retryAfterOf((name) => headers[name], now);

describe("every form of Retry-After", () => {
  test.each([
    ["seconds", { "retry-after": "7" }, 7_000],
    ["a fraction of seconds", { "retry-after": " 0.5 " }, 500],
    ["an HTTP date", { "retry-after": new Date(now + 9_000).toUTCString() }, 9_000],
    ["a date that has passed", { "retry-after": new Date(now - 9_000).toUTCString() }, 0],
    ["milliseconds", { "retry-after-ms": "250" }, 250],
    ["milliseconds of Azure", { "x-ms-retry-after-ms": "1250" }, 1_250],
    ["the finer form wins", { "retry-after": "1", "retry-after-ms": "250" }, 250],
    [
      "a broken finer form leaves it to the coarser",
      { "retry-after": "1", "retry-after-ms": "NaN" },
      1_000,
    ],
    [
      "the reset of a limit that is used up, as a duration",
      { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s" },
      360_000,
    ],
    [
      "the same in plain seconds",
      { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "12" },
      12_000,
    ],
    [
      "the same as RFC 3339",
      {
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": new Date(now + 3_000).toISOString(),
      },
      3_000,
    ],
    [
      "the same in epoch seconds",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1_000 + 20) },
      20_000,
    ],
    [
      "the same in epoch milliseconds",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + 1_500) },
      1_500,
    ],
    [
      "the later of two",
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "20ms",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "1s",
      },
      1_000,
    ],
  ])("%s", (_, headers, expected) => {
    expect(wait(headers)).toBe(expected);
  });
});

test("a limit with room left, or with an unknown rest, asks for no wait", () => {
  expect(
    wait({ "x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "8h0m0s" }),
  ).toBeUndefined();
  expect(
    wait({ "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "0" }),
  ).toBeUndefined();
});

test("what cannot be read asks for no wait", () => {
  for (const value of ["", "soon", "-5", "1e9999", "May be 2031", "99999999999999999999d"]) {
    expect([value, wait({ "retry-after": value })]).toEqual([value, undefined]);
  }
});

test("any header gives a wait of at least 0 or none", () => {
  const text = fc.oneof(fc.string(), fc.double().map(String), fc.date().map(String));
  fc.assert(
    fc.property(text, text, (retryAfter, reset) => {
      const found = wait({
        "retry-after": retryAfter,
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": reset,
      });
      expect(found === undefined || (Number.isFinite(found) && found >= 0)).toBe(true);
    }),
  );
});

test("a duration is the sum of its units", () => {
  const part = fc.nat(59);
  fc.assert(
    fc.property(part, part, part, fc.nat(999), (hours, minutes, seconds, ms) => {
      expect(parseDuration(`${hours}h${minutes}m${seconds}s${ms}ms`)).toBe(
        ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms,
      );
    }),
  );
});
