import { readFile } from "node:fs/promises";
import { expect, it, vi } from "vitest";

it("has a first example in the README that does what it says", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const source = await readFile(new URL("fixtures/readme-example.ts", import.meta.url), "utf8");
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(source);
  const printed = vi.spyOn(console, "log").mockReturnValue();
  await import("./fixtures/readme-example.ts");
  expect(printed.mock.calls).toEqual([[true]]);
  printed.mockRestore();
});
