import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adversarialPairs, paraphrases } from "../fixtures/question-pairs.ts";
import { TrigramEmbedder } from "../fixtures/trigram-embedder.ts";
import { meaningGate } from "./meaning-gate.ts";

const dot = (u: Float32Array, v: Float32Array): number =>
  u.reduce((sum, n, i) => sum + n * (v[i] ?? 0), 0);

async function cosine(a: string, b: string): Promise<number> {
  const [x = new Float32Array(), y = new Float32Array()] = await new TrigramEmbedder().embed(
    [a, b],
    { kind: "document" },
  );
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

const vocabulary = [
  "weather",
  "capital",
  "how",
  "the",
  "reset",
  "2",
  "not",
  "Rome",
  "before",
  "isn't",
];

describe.each(Object.entries(adversarialPairs))("%s", (_, pairs) => {
  test.each(pairs)("%s | %s", async (a, b) => {
    expect(await cosine(a, b)).toBeGreaterThanOrEqual(0.8);
    expect([meaningGate(a, b), meaningGate(b, a)]).toEqual([false, false]);
  });
});

/** So differently worded that no word stands in for another; the third differs from the first in one thing. */
const reworded: Readonly<Record<string, readonly [string, string, string]>> = {
  negation: [
    "Which fungi may be eaten raw?",
    "name edible mushrooms that suit salads",
    "name mushrooms that nobody should put into salads",
  ],
  number: [
    "How heavy are 2 litres of milk?",
    "weight in kilograms: two bottles, milk",
    "weight in kilograms: three bottles, milk",
  ],
  name: [
    "Who governs the city of Oslo these days?",
    "current mayor in charge at Oslo",
    "current mayor in charge at Rome",
  ],
  "the order of names": [
    "What does a train from Oslo to Bergen cost?",
    "ticket price by rail, Oslo then Bergen",
    "ticket price by rail, Bergen then Oslo",
  ],
  opposite: [
    "How can I enable the dark theme?",
    "black colours at night get enabled in which menu",
    "black colours at night get disabled in which menu",
  ],
  "who does it to whom": [
    "Which tax forms have to be sent in spring?",
    "list the documents for my yearly declaration",
    "list the documents you owe me each year",
  ],
  "an opposite by its prefix": [
    "Are such contracts legal anywhere?",
    "legal status around deals like these",
    "illegal status around deals like these",
  ],
};

describe.each(Object.entries(reworded))("reworded, %s", (_, [asked, same, other]) => {
  test("is told apart though hardly a word is shared", () => {
    expect([meaningGate(asked, same), meaningGate(same, asked)]).toEqual([true, true]);
    expect([meaningGate(asked, other), meaningGate(other, asked)]).toEqual([false, false]);
  });
});

/** Too short for the embedder of these tests to find them near. */
const short: readonly (readonly [string, string])[] = [
  ["C", "C++"],
  ["What is Java?", "What is tea?"],
  ["Who killed him", "Who did he kill"],
  ["the word it", "the word its"],
  ["between can and could", "between can and may"],
  ["Did my boss give you a raise", "Did my boss show you a raise"],
  ["what is the latest news", "what is the latest new"],
  ["is Williams there", "is William there"],
];

test.each(short)("%s | %s are told apart", (a, b) => {
  expect([meaningGate(a, b), meaningGate(b, a)]).toEqual([false, false]);
});

test("a text without content is like no other", () => {
  expect(meaningGate("Please!", "please")).toBe(false);
  expect(meaningGate("", "")).toBe(false);
});

test("without word lists for its letters, another wording is refused", () => {
  expect(meaningGate("Можно ли отменить заказ", "Есть ли способ отказаться от покупки")).toBe(
    false,
  );
});

test("whatever the texts: it decides alike both ways, and lets every text with content pass to itself", () => {
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...vocabulary)).map((w) => w.join(" ")),
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(meaningGate(a, b)).toBe(meaningGate(b, a));
      expect(meaningGate(`tea ${a}`, `tea ${a}`)).toBe(true);
    }),
  );
});

test("one more number, negation or name, anywhere, closes it", () => {
  const words = fc.array(fc.constantFrom(...vocabulary), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      words,
      fc.nat(8),
      fc.constantFrom("7", "not", "Oslo", "without"),
      (list, at, more) => {
        const question = `tea ${list.join(" ")}`;
        const longer = `tea ${list.toSpliced(at, 0, more).join(" ")}`;
        expect(meaningGate(question, longer)).toBe(false);
      },
    ),
  );
});

describe("may be answered alike", () => {
  test.each(paraphrases)("%s | %s", (a, b) => {
    expect([meaningGate(a, b), meaningGate(b, a)]).toEqual([true, true]);
  });
});
