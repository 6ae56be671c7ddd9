import * as crypto from "node:crypto";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { CanonicalText } from "./canonical-text.ts";

vi.mock("node:crypto", async (load) => {
  const original = await load<typeof crypto>();
  return { ...original, hash: vi.fn(original.hash) };
});
const digest = vi.mocked(crypto.hash);

const long = "x".repeat(1_000);

test("a message that was changed in place gets another text", () => {
  const text = new CanonicalText();
  const message: Record<string, unknown> = {
    role: "user",
    content: [{ type: "text", text: long }],
  };
  const first = text.of([message]);
  expect(text.of([message])).toBe(first);
  (message["content"] as { text: string }[])[0]!.text = `${long}y`;
  const second = text.of([message]);
  expect(second).not.toBe(first);
  expect(second).toBe(new CanonicalText().of([structuredClone(message)]));
  message["name"] = "Ana";
  expect(text.of([message])).not.toBe(second);
  delete message["name"];
  expect(text.of([message])).toBe(second);
});

test("remembered texts are those that an object without a memory has (property)", () => {
  const remembering = new CanonicalText();
  const message = fc.dictionary(
    fc.constantFrom("role", "content", "parts", "name"),
    fc.oneof(fc.constantFrom("a", long, `${long}b`), fc.array(fc.constantFrom("a", long))),
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 4 }), fc.array(fc.nat(3)), (messages, changes) => {
      for (const change of [-1, ...changes]) {
        const changed = messages[change];
        if (changed !== undefined) changed["role"] = `${String(changed["role"])}!`;
        expect(remembering.of(messages)).toBe(new CanonicalText().of(structuredClone(messages)));
      }
    }),
  );
});

test("of a long conversation only what is new is hashed again", () => {
  const text = new CanonicalText();
  const messages = Array.from({ length: 20 }, (_, i) => ({ role: "user", content: `${long}${i}` }));
  const hashed = (conversation: readonly unknown[]): number => {
    digest.mockClear();
    text.of(conversation);
    return digest.mock.calls.reduce((sum, [, data]) => sum + String(data).length, 0);
  };
  expect(hashed(messages)).toBeGreaterThan(20 * long.length);
  expect(hashed([...messages, { role: "user", content: long }])).toBeLessThan(2 * long.length);
});

test("objects with bytes are read each time, because bytes can change unseen", () => {
  const text = new CanonicalText();
  const image = { type: "file", data: new Uint8Array(64).fill(1), caption: long };
  const first = text.of([image]);
  image.data[63] = 2;
  expect(text.of([image])).not.toBe(first);
});
