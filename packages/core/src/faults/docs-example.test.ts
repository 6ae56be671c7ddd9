import { readFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";

test("docs/faults.md shows exactly the code that runs here", async () => {
  const page = await readFile(new URL("../../../../docs/faults.md", import.meta.url), "utf8");
  const example = await readFile(new URL("../fixtures/faults-example.ts", import.meta.url), "utf8");
  expect(page).toContain(`\`\`\`ts\n${example}\`\`\``);
});

test("the example prints what it says", async () => {
  const printed = vi.spyOn(console, "log").mockReturnValue();
  await import("../fixtures/faults-example.ts");
  expect(printed.mock.calls).toEqual([
    ["injected fault hang in documents.count (call 1 of seed 7)"],
    [0, 1],
  ]);
  printed.mockRestore();
});
