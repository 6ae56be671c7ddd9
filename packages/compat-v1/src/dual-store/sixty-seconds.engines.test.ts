import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DualStoreManager } from "./dual-store-manager.ts";
import { type OlderCode, SharedFamily } from "./fixtures/older-code.ts";
import { hasServers } from "./fixtures/test-family.ts";

const T = 1_700_000_000_000;
// A minute in continuous integration, long enough to cross on a developer's machine.
const runMs = process.env["PALIMPSEST_LONG"] === "1" ? 60_000 : 4_000;
const pauseMs = 20;

describe.skipIf(!hasServers)("old and new code for a while on one family", () => {
  let family: SharedFamily;
  let older: OlderCode;
  let manager: DualStoreManager<"text", "timestamp">;

  beforeEach(async () => {
    family = new SharedFamily();
    older = await family.older();
    manager = await family.open();
  });
  afterEach(() => family.dispose());

  /** Both loops read what the other side wrote before, as applications do. */
  async function write(until: number) {
    const written = { older: 0, newer: 0, unseen: 0 };
    const olderLoop = async (): Promise<void> => {
      for (; Date.now() < until; written.older++) {
        await older.insert(`old-${written.older}`, `older ${written.older}`, T + written.older);
        if (written.newer > 0 && (await older.get("new-0")) === null) written.unseen++;
        await sleep(pauseMs);
      }
    };
    const newerLoop = async (): Promise<void> => {
      for (; Date.now() < until; written.newer++) {
        const text = `newer ${written.newer}`;
        await manager.insert({ id: `new-${written.newer}`, text, timestamp: T + written.newer });
        if (written.older > 0 && (await manager.get("old-0")) === null) written.unseen++;
        await sleep(pauseMs);
      }
    };
    await Promise.all([olderLoop(), newerLoop()]);
    return written;
  }

  it(
    "each sees the other's writes, nothing is lost, and no older row changes",
    { timeout: 5 * runMs + 60_000 },
    async () => {
      const written = await write(Date.now() + runMs);
      await manager.flush();
      expect(written.unseen).toBe(0);
      const total = written.older + written.newer;
      expect(Math.min(written.older, written.newer)).toBeGreaterThan(10);
      expect([await older.rows.countDocuments(), await manager.count()]).toEqual([total, total]);
      expect(await older.vectors.count()).toBe(total);
      const rows = await older.rows.find({ "metadata.by": "older" }).toArray();
      expect(rows).toHaveLength(written.older);
      for (const row of rows) {
        const i = Number(String(row.id).slice("old-".length));
        expect(row).toEqual({
          _id: row._id,
          id: `old-${i}`,
          text: `older ${i}`,
          timestamp: T + i,
          metadata: {
            by: "older",
            vectorWriteSuccess: true,
            vectorWriteError: null,
            vectorWriteTimestamp: T + i,
          },
        });
      }
      for (let i = 0; i < written.newer; i++) {
        expect(await older.get(`new-${i}`)).toMatchObject({ text: `newer ${i}`, timestamp: T + i });
      }
    },
  );
});
