import { PalimpsestError } from "@palimpsest/core";
import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "./exit-code.ts";
import { describeFailure } from "./failure.ts";

describe("exitCodeOf", () => {
  it.each([
    ["E_INVALID_INPUT", 2],
    ["E_NOT_FOUND", 2],
    ["E_CONFIG", 2],
    ["E_UNSUPPORTED", 2],
    ["E_READ_ONLY", 2],
    ["E_CORRUPT", 2],
    ["E_LOCKED", 3],
    ["E_FULL", 3],
    ["E_UNAVAILABLE", 3],
    ["E_CONFLICT", 1],
    ["E_ABORTED", 130],
  ] as const)("%s ends with %i", (code, expected) => {
    expect(exitCodeOf(new PalimpsestError(code, "x"))).toBe(expected);
  });

  it.each([
    [Object.assign(new Error("x"), { code: "ENOSPC" }), 3],
    [Object.assign(new Error("x"), { code: "EACCES" }), 2],
    [Object.assign(new Error("x"), { code: "EPIPE" }), 0],
    [new CommanderError(1, "commander.unknownOption", "x"), 2],
    [new CommanderError(0, "commander.version", "x"), 0],
    [new Error("a bug"), 1],
    ["thrown text", 1],
  ])("%s ends with %i", (error, expected) => {
    expect(exitCodeOf(error)).toBe(expected);
  });
});

describe("describeFailure", () => {
  it("is one line without control characters and without secrets", () => {
    const error = new PalimpsestError(
      "E_CONFIG",
      "a\n  b \u001b[31mred\u001b[0m http://u:pw@host/x",
    );
    expect(describeFailure(error, "get")).toBe("palimpsest: a b red http://u:***@host/x");
    expect(describeFailure(new Error("http://u:pw@host"), undefined)).not.toContain("pw");
  });
});
