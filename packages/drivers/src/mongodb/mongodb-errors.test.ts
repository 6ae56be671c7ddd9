import { isPalimpsestError, PalimpsestError } from "@palimpsest/core";
import {
  MongoBulkWriteError,
  MongoNetworkError,
  MongoParseError,
  MongoServerError,
  MongoWriteConcernError,
} from "mongodb";
import { describe, expect, test } from "vitest";
import { isDuplicateKey, refusedOperations, toPalimpsestError } from "./mongodb-errors.ts";

const server = "h:1/db";

function bulkError(codes: readonly [index: number, code: number][]): MongoBulkWriteError {
  const writeErrors = codes.map(([index, code]) => ({ index, code }));
  const result = { getWriteConcernError: () => undefined };
  const [message, code] = ["bulk", codes[0]?.[1]];
  return new MongoBulkWriteError({ message, code, writeErrors } as never, result as never);
}

describe("toPalimpsestError", () => {
  test.each([
    [new MongoServerError({ message: "x", code: 13 }), "E_CONFIG", /credentials or denies/],
    [new MongoServerError({ message: "x", code: 18 }), "E_CONFIG", /credentials or denies/],
    [new MongoServerError({ message: "x", code: 10107 }), "E_UNAVAILABLE", /primary/],
    [new MongoServerError({ message: "x", code: 59 }), "E_UNSUPPORTED", /lacks a command/],
    [new MongoServerError({ message: "x", code: 14031 }), "E_FULL", /disk space/],
    [new MongoServerError({ message: "x", code: 4242 }), "E_UNAVAILABLE", /code 4242/],
    [new MongoNetworkError("broken"), "E_UNAVAILABLE", /may or may not/],
    [
      new MongoWriteConcernError({ writeConcernError: { code: 64, errmsg: "x" }, ok: 1 }),
      "E_UNAVAILABLE",
      /majority/,
    ],
    [
      Object.assign(new Error("querySrv ENOTFOUND"), { syscall: "querySrv" }),
      "E_UNAVAILABLE",
      /reached/,
    ],
  ])("%s is %s", (error, code, message) => {
    const mapped = toPalimpsestError(error, server);
    expect(mapped).toMatchObject({ code, cause: error, message: expect.stringMatching(message) });
    expect((mapped as Error).message).toContain(server);
  });

  test("a parse error loses its cause, which may quote the address", () => {
    const mapped = toPalimpsestError(new MongoParseError("bad part: secret"), server);
    expect(mapped).toMatchObject({ code: "E_CONFIG" });
    expect(mapped).not.toHaveProperty("cause");
  });

  test("what is ours, or nobody's, passes through", () => {
    const ours = new PalimpsestError("E_FENCED", "late");
    expect(toPalimpsestError(ours, server)).toBe(ours);
    const bug = new TypeError("x is not a function");
    expect(toPalimpsestError(bug, server)).toBe(bug);
    expect(isPalimpsestError(toPalimpsestError("text", server))).toBe(false);
  });
});

describe("refusedOperations", () => {
  test("names the operations that met another record", () => {
    expect(
      refusedOperations(
        bulkError([
          [2, 11_000],
          [5, 11_000],
        ]),
      ),
    ).toEqual([2, 5]);
  });

  test("throws anything else, also when it is mixed in", () => {
    for (const error of [
      bulkError([]),
      bulkError([
        [0, 11_000],
        [1, 10334],
      ]),
      new Error("x"),
    ]) {
      expect(() => refusedOperations(error)).toThrow(error);
    }
  });

  test("a duplicate key is known by its code", () => {
    expect(isDuplicateKey(new MongoServerError({ message: "x", code: 11_000 }))).toBe(true);
    expect(isDuplicateKey(new MongoServerError({ message: "x", code: 1 }))).toBe(false);
    expect(isDuplicateKey({ code: 11_000 })).toBe(false);
  });
});
