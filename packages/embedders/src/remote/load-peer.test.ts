import { describe, expect, it } from "vitest";
import { loadPeer } from "./load-peer.ts";

const names = { embedder: "example", install: "a-peer another" };

describe("loadPeer", () => {
  it("gives the module", async () => {
    expect(await loadPeer(() => Promise.resolve({ answer: 42 }), names)).toEqual({ answer: 42 });
  });

  it("says how to install a package that is missing", async () => {
    const missing = Object.assign(new Error("Cannot find package"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    await expect(loadPeer(() => Promise.reject(missing), names)).rejects.toMatchObject({
      code: "E_UNAVAILABLE",
      message:
        "the example embedder needs packages that are not installed; run: npm i a-peer another",
      cause: missing,
    });
  });

  it("passes on what a broken package throws", async () => {
    const broken = new SyntaxError("unexpected token");
    await expect(loadPeer(() => Promise.reject(broken), names)).rejects.toBe(broken);
  });
});
