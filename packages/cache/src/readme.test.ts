import { readFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";

test("the README's first example prints what its comments say", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const source = await readFile(new URL("fixtures/readme-example.ts", import.meta.url), "utf8");
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(source);
  const printed = vi.spyOn(console, "log").mockReturnValue();
  await import("./fixtures/readme-example.ts");
  const promised = [...source.matchAll(/console\.log.*; \/\/ (.*)/g)].map(([, comment]) => comment);
  expect(printed.mock.calls.map((values) => values.join(" "))).toEqual(promised);
  printed.mockRestore();
});
