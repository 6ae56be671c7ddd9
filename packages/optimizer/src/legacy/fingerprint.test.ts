import { expect, test } from "vitest";
import { v1Fingerprint } from "./fingerprint.ts";

const carlos = { user_id: "carlos", category: "pref", key: "sport", value: "basketball" };
const golden = "7fbed0a14c52c45fcdbba6a1b45f794e497b432fa52ec8d668529f3f9f274849";

test("is the one that v1 wrote", () => {
  expect(v1Fingerprint(carlos)).toBe(golden);
  expect(v1Fingerprint({})).toBe(
    "6504a88b1c9ade22d7576657bb750fb515adb2ceddc4a77ba4bb5821f0fea26c",
  );
});

test("escapes and sorts as Python does, also beyond U+FFFF", () => {
  const value = { b: [1, 2.5, null, true], a: "x\u007f\n\u2028", "\uffee": 1, "😀": 2 };
  expect(v1Fingerprint({ user_id: "josé", category: "hobbies", key: "café 🎸", value })).toBe(
    "3ba69fb37f2cf20e94abf0877ece263a2f4040894b65205932357f79b90cf445",
  );
});

test("long and short names give one fingerprint", () => {
  expect(v1Fingerprint({ uid: "carlos", cat: "pref", k: "sport", v: "basketball" })).toBe(golden);
});

test("ignores every other field and the order of fields", () => {
  expect(v1Fingerprint({ timestamp: "2024", importance: 1, ...carlos })).toBe(golden);
  expect(v1Fingerprint(Object.fromEntries(Object.entries(carlos).toReversed()))).toBe(golden);
});

test("differs by user and by value", () => {
  expect(v1Fingerprint({ ...carlos, user_id: "maria" })).not.toBe(golden);
  expect(v1Fingerprint({ ...carlos, value: "judo" })).not.toBe(golden);
});

test("refuses what is not JSON", () => {
  expect(() => v1Fingerprint({ ...carlos, value: Number.NaN })).toThrow(/value\["value"\] is NaN/);
});
