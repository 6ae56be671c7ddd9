import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("imports without reflect-metadata and names it when a container is asked for", () => {
  const script = `
    const { createContainer, loadConfig } = await import("@palimpsest/container");
    loadConfig({ explicit: { store: "memory:" } });
    await createContainer({ store: "memory:" }).catch((error) => console.log(error.code, error.message));
  `;
  const args = ["--conditions=@palimpsest/source", "--input-type=module", "--eval", script];
  const output = execFileSync(process.execPath, args, {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  expect(output).toMatch(/^E_CONFIG reflect-metadata is not loaded.*import "reflect-metadata"/);
});
