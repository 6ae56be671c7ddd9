import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { writeV1Facts } from "./fixtures/v1-facts.ts";

const repository = new URL("../../../", import.meta.url);

test("the README's first example prints what its comments say", async () => {
  const example = new URL("fixtures/migration-readme-example.ts", import.meta.url);
  const source = readFileSync(example, "utf8");
  const readme = readFileSync(new URL("packages/migration/README.md", repository), "utf8");
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(source);
  const folder = mkdtempSync(join(tmpdir(), "migration-readme-"));
  const before = process.cwd();
  const printed = vi.spyOn(console, "log").mockReturnValue();
  process.chdir(folder);
  try {
    writeV1Facts("luminora.sqlite", 5);
    const database = new DatabaseSync("luminora.sqlite");
    database.exec("DELETE FROM facts WHERE id IN (1, 2)");
    database.close();
    await import("./fixtures/migration-readme-example.ts");
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
  const promised = [...source.matchAll(/console\.log.*; \/\/ (.*)/g)].map(([, comment]) => comment);
  expect(printed.mock.calls.map((values) => values.join(" "))).toEqual(promised);
  printed.mockRestore();
});

test("the guide names every loss reason", () => {
  const guide = readFileSync(new URL("docs/migration-from-luminora.md", repository), "utf8");
  const reasons = readFileSync(
    new URL("packages/migration/src/luminora/loss.ts", repository),
    "utf8",
  );
  for (const [, reason] of reasons.matchAll(/^ {2}\| "([a-z-]+)"/gm)) {
    expect(guide).toContain(`\`${reason}\``);
  }
});
