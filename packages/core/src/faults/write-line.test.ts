import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";

const lines = 20_000;

it("loses nothing to a reader that is slower than the pipe is deep", async () => {
  const file = join(import.meta.dirname, "write-line.ts");
  // Touching process.stdout is what makes a pipe answer EAGAIN instead of waiting.
  const script = `import { writeLine } from ${JSON.stringify(file)};
    process.stdout._handle?.setBlocking?.(false);
    for (let i = 0; i < ${lines}; i++) writeLine(1, String(i).padStart(40, "0"));`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await sleep(300);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  expect(text.split("\n").filter(Boolean)).toEqual(
    Array.from({ length: lines }, (_, i) => String(i).padStart(40, "0")),
  );
});
