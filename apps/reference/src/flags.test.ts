import { expect, it } from "vitest";
import { parseFlags } from "./flags.ts";

it("serves on loopback unless told otherwise", () => {
  expect(parseFlags([], {})).toEqual({ once: false, help: false, host: "127.0.0.1", port: 4710 });
  expect(parseFlags(["--once", "--port", "0"], { HOST: "::1", PORT: "9" })).toEqual({
    once: true,
    help: false,
    host: "::1",
    port: 0,
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

it("refuses a HOST that is no host", () => {
  expect(() => parseFlags([], { HOST: "a b" })).toThrow(/HOST/);
});
