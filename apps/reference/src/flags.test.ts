import { expect, it } from "vitest";
import { parseFlags } from "./flags.ts";

it("serves on loopback unless told otherwise", () => {
  expect(parseFlags([], {})).toEqual({
    once: false,
    help: false,
    host: "127.0.0.1",
    port: 4710,
    logLevel: "info",
  });
  const env = { HOST: "::1", PORT: "9", LOG_LEVEL: "WARN" };
  expect(parseFlags(["--once", "--port", "0"], env)).toEqual({
    once: true,
    help: false,
    host: "::1",
    port: 0,
    logLevel: "warn",
  });
});

it.each([[["--onec"]], [["--port", "70000"]], [["--port", "x"]], [["extra"]]])(
  "refuses %j",
  (args) => {
    expect(() => parseFlags(args, {})).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
  },
);

it("refuses a HOST that is no host and a LOG_LEVEL that is no level", () => {
  expect(() => parseFlags([], { HOST: "a b" })).toThrow(/HOST/);
  expect(() => parseFlags([], { LOG_LEVEL: "loud" })).toThrow(/LOG_LEVEL "loud".*silent/);
});
