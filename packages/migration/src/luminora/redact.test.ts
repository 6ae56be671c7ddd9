import fc from "fast-check";
import { expect, test } from "vitest";
import { namesSecret, redactedMark, redactText } from "./redact.ts";

test.each([
  "api_key",
  "apiKey",
  "API_KEY",
  "apikey",
  "X-API-Key",
  "openai_api_key",
  "password",
  "token",
  "accessToken",
  "client_secret",
  "Authorization",
  "private key",
])("%s names a secret", (name) => {
  expect(namesSecret(name)).toBe(true);
});

test.each(["key", "favourite_key", "tokenizer", "secretary", "author", "passport", "last_trip"])(
  "%s names none",
  (name) => {
    expect(namesSecret(name)).toBe(false);
  },
);

test("replaces only the secret in JSON, byte for byte", () => {
  const text =
    '{"name":  "openai", "api_key": "abc", "deep": [{"token" : {"a": ["x", "}"]}}], "n": 1.0}';
  expect(redactText(text)).toBe(
    `{"name":  "openai", "api_key": "${redactedMark}", "deep": [{"token" : "${redactedMark}"}], "n": 1.0}`,
  );
});

test("finds JSON within a JSON string, and keys spelled with escapes", () => {
  const inner = JSON.stringify({ api_key: "hidden-é" });
  const outer = JSON.stringify({ user_message: inner, again: `${inner} ` });
  const clean = redactText(outer);
  expect(clean).not.toContain("hidden");
  expect(JSON.parse(clean)).toEqual({
    user_message: JSON.stringify({ api_key: redactedMark }),
    again: `${JSON.stringify({ api_key: redactedMark })} `,
  });
  expect(redactText('{"api\\u005fkey": "hidden"}')).not.toContain("hidden");
});

test.each([
  "{'name': 'openai', 'api_key': 'hidden'}",
  "password=hidden1",
  "my password: hidden",
  "Authorization: Bearer hidden12",
  "token: hidden12",
  "https://ana:hidden@example.org/",
  "use sk-hiddenhiddenhidden1234 please",
  '{"note": "use sk-hiddenhiddenhidden1234"}',
  '["Bearer hiddenhidden"]',
  '{"password": NaN, "api_key": "hidden"}',
])("leaves nothing of it: %s", (text) => {
  const clean = redactText(text);
  expect(clean).not.toContain("hidden");
  expect(clean).toContain(redactedMark);
});

test.each([
  '{"max_tokens": 4096, "token": null, "password": ""}',
  "The secret: chocolate and time",
  "I forgot my password yesterday",
  "max_tokens=4096",
  "the key to happiness",
  "risk-averse-but-not-too-careful-person",
])("leaves alone: %s", (text) => {
  expect(redactText(text)).toBe(text);
});

test("redacting twice changes nothing more", () => {
  const once = redactText('{"api_key": "x", "text": "password=abc"}');
  expect(redactText(once)).toBe(once);
});

test("whatever the JSON around it, the secret goes and the rest stays", () => {
  const planted = fc
    .json({ depthSize: "medium" })
    .chain((around) =>
      fc.constantFrom(
        `{"a": ${around}, "api_key": "hiddensecret", "b": ${around}}`,
        `[${around}, {"x": {"client_secret": ["hiddensecret", ${around}]}}]`,
        JSON.stringify([`{"password":"hiddensecret","x":${around}}`, around]),
      ),
    );
  fc.assert(
    fc.property(planted, (text) => {
      const clean = redactText(text);
      expect(clean).not.toContain("hiddensecret");
      expect(clean).toContain(redactedMark);
      expect(() => JSON.parse(clean) as unknown).not.toThrow();
      expect(clean.length).toBeGreaterThan(2);
    }),
  );
});

test("a large text without a colon takes no quadratic time", () => {
  const text = `token${"a".repeat(1_000_000)}`;
  expect(redactText(text)).toBe(text);
});
