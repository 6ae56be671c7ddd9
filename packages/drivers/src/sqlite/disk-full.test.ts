// oxlint-disable no-await-in-loop -- the steps of a scenario happen one after another
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isPalimpsestError, type WriteItem } from "@palimpsest/core";
import { afterAll, expect, test } from "vitest";
import { openSqlite } from "./open-sqlite.ts";

const disk = mkdtempSync(join(tmpdir(), "palimpsest-full-"));
const mounted = mount(disk, "2m");
afterAll(() => {
  if (mounted) execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true });
});

/** A disk small enough to fill needs the right to mount one. */
function mount(folder: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

function batch(round: number): WriteItem[] {
  return Array.from({ length: 20 }, (_, i) => ({
    type: "put",
    document: {
      scope: "",
      id: `${round}-${i}`,
      text: `${"text ".repeat(200)}${i}`,
      metadata: {},
      timestamp: 1,
    },
  }));
}

test.skipIf(!mounted)(
  "a full disk is named, keeps what was acknowledged and can be left",
  async () => {
    const path = join(disk, "memory.db");
    const engine = await openSqlite({ path });
    let acknowledged = 0;
    const fill = async (): Promise<void> => {
      for (let round = 0; round < 500; round++) {
        acknowledged += (await engine.documents.write(batch(round))).length;
      }
    };
    const refusal: unknown = await fill().catch((error: unknown) => error);
    expect(isPalimpsestError(refusal, "E_FULL")).toBe(true);
    expect((refusal as Error).message).toContain(path);
    expect(await engine.documents.count()).toBe(acknowledged);
    execFileSync("mount", ["-o", "remount,size=16m", disk]);
    await engine.documents.write(batch(1000));
    await engine.close();
    const again = await openSqlite({ path, mustExist: true });
    expect(await again.documents.count()).toBe(acknowledged + 20);
    expect((await again.lexical.query({ text: "text", k: 10_000 })).length).toBe(acknowledged + 20);
    await again.close();
  },
);
