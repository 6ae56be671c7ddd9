import { expect, test } from "vitest";
import { PalimpsestError } from "./errors.ts";
import { redactUrls } from "./redact-urls.ts";

test.each([
  ["postgres://ada:s3cret@db:5432/x", "postgres://ada:***@db:5432/x"],
  ["redis://:s3cret@cache:6379", "redis://:***@cache:6379"],
  ["mongodb+srv://u:p@ss:w0rd@host/db", "mongodb+srv://u:***@host/db"],
  ["postgres://u:sla/sh@host/db", "postgres://u:***@host/db"],
  ["postgres://u:12345@host/db", "postgres://u:***@host/db"],
  ["https://ghp_token@host/x", "https://***@host/x"],
  ["http://h/?api_key=abc&x=1", "http://h/?api_key=***&x=1"],
  ["http://h/?a=1&access_token=abc", "http://h/?a=1&access_token=***"],
  ["http://h/cb#id_token=abc", "http://h/cb#id_token=***"],
  ["'http://h/?password=abc' failed", "'http://h/?password=***' failed"],
  ["two: a://u:one@h b://u:two@h", "two: a://u:***@h b://u:***@h"],
])("secrets in %s are redacted", (text, expected) => {
  expect(redactUrls(text)).toBe(expected);
  expect(new PalimpsestError("E_UNAVAILABLE", text).message).toBe(expected);
});

test.each([
  "postgres://ada@db:5432/x",
  "http://127.0.0.1:8000/api/@scope/name",
  "http://host:8000",
  "mail ada@example.org about http://host/path?x=1",
  "sqlite:./data/memory.db",
])("%s has nothing to redact", (text) => {
  expect(redactUrls(text)).toBe(text);
});

// A search that began anew at every sign would take minutes, beyond the test's own limit.
test.each(["#", "a.", "a://", "http://u", "a://b:", "?key", "http://u@", "&token=", "@"])(
  "200,000 times %s end, and what follows is redacted",
  (part) => {
    const text = part.repeat(200_000);
    redactUrls(text);
    expect(redactUrls(`${text} redis://:s3cret@cache`)).toMatch(/ redis:\/\/:\*\*\*@cache$/);
  },
);
