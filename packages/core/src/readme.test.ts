import { readFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";

test("the README's examples are the files that run here", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const files = ["readme-example.ts", "readme-driver.ts"].map((name) =>
    readFile(new URL(`fixtures/${name}`, import.meta.url), "utf8"),
  );
  const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  expect(examples).toEqual(await Promise.all(files));
});

test("the first example prints what it says", async () => {
  const printed = vi.spyOn(console, "log").mockReturnValue();
  await import("./fixtures/readme-example.ts");
  const revision = { epoch: 0, counter: 1 };
  expect(printed.mock.calls).toEqual([["written", revision, "Carlos plays basketball"]]);
  printed.mockRestore();
});

// Registers the suite of the second example.
await import("./fixtures/readme-driver.ts");
