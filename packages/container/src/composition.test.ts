import "reflect-metadata";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { swapByConfiguration, swapByToken } from "./fixtures/composition-example.ts";

describe("docs/composition.md", () => {
  it("shows exactly the code that runs here", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/composition.md"), "utf8");
    const example = readFileSync(
      join(import.meta.dirname, "fixtures/composition-example.ts"),
      "utf8",
    );
    expect(page).toContain("```ts\n" + example + "```");
  });

  it("swaps the store driver and the embedder by configuration", async () => {
    const folder = mkdtempSync(join(tmpdir(), "palimpsest-composition-"));
    try {
      expect(await swapByConfiguration(folder)).toEqual(["tea"]);
      expect(existsSync(join(folder, "notes.db"))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("swaps both by token, and opens no file then", async () => {
    expect(await swapByToken()).toEqual(["tea"]);
    expect(existsSync(".palimpsest")).toBe(false);
  });
});
