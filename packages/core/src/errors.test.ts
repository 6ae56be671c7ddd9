import { expect, test } from "vitest";
import { isPalimpsestError, PalimpsestError, throwIfAborted } from "./errors.ts";

test("an error is recognised by its code, whichever copy of the class made it", () => {
  const error = new PalimpsestError("E_CONFLICT", "x", { cause: "y", documentStayed: true });
  expect([error.cause, error.documentStayed]).toEqual(["y", true]);
  const foreign = Object.assign(new Error("x"), { name: "PalimpsestError", code: "E_CONFLICT" });
  for (const each of [error, foreign]) {
    expect(isPalimpsestError(each)).toBe(true);
    expect(isPalimpsestError(each, "E_CONFLICT")).toBe(true);
    expect(isPalimpsestError(each, "E_FULL")).toBe(false);
  }
  for (const each of [new Error("x"), { code: "E_CONFLICT" }, undefined, "E_CONFLICT"]) {
    expect(isPalimpsestError(each)).toBe(false);
    expect(isPalimpsestError(each, "E_CONFLICT")).toBe(false);
  }
});

test("an aborted signal throws its reason as the cause", () => {
  const reason = new Error("enough");
  expect(() => throwIfAborted(undefined)).not.toThrow();
  expect(() => throwIfAborted(new AbortController().signal)).not.toThrow();
  expect(() => throwIfAborted(AbortSignal.abort(reason))).toThrow(
    expect.objectContaining({ code: "E_ABORTED", cause: reason }),
  );
});
