import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryStore } from "./fixtures/temporary-store.ts";

/** The first example of the README, but for its path. */
test("the first example of the README finds its document both ways", async () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const body = example.split("\n").filter((line) => !/^import |openSqlite|console\.log/.test(line));
  const store = await temporaryStore();
  const run = new Function(
    "engine",
    `return (async () => {${body.join("\n")}; return [near, worded]; })()`,
  );
  const hits: { id: string }[] = await run(store.engine);
  expect(hits.map((hit) => hit.id)).toEqual(["tea", "tea"]);
  await store.dispose();
});
