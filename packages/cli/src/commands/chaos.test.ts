import "reflect-metadata";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ablations } from "../chaos/ablations.ts";
import { simulate } from "../chaos/simulate.ts";
import type { ChaosReport } from "../chaos/run-chaos.ts";
import { runInside } from "../fixtures/fake-host.ts";
import { Stop } from "../stop.ts";

vi.mock("../chaos/simulate.ts", { spy: true });
afterEach(() => vi.mocked(simulate).mockReset());

function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("palimpsest-chaos-"));
}

describe("chaos", () => {
  it("breaks 200 schedules, 3 of them for real, and finds every promise kept", async () => {
    const { code, stdout, stderr } = await runInside([
      "chaos",
      "--schedules",
      "200",
      "--kills",
      "3",
      "--json",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as ChaosReport;
    expect(report).toMatchObject({
      schedules: 200,
      kills: 3,
      seed: 1,
      lost: 0,
      duplicated: 0,
      resurrected: 0,
      ghosts: 0,
      torn: 0,
      revisionsBack: 0,
      unconverged: 0,
      divergedAfterRepair: 0,
      unexpected: 0,
      ablationsCaught: 4,
      holds: true,
      failures: [],
    });
    expect(report.acknowledged).toBeGreaterThan(1000);
    expect(report.faults).toBeGreaterThan(400);
    expect(report.crashes).toBeGreaterThan(200);
  });

  it("exits 1, says what broke and how to see it again", async () => {
    const { simulate: real } = await vi.importActual<{ simulate: typeof simulate }>(
      "../chaos/simulate.ts",
    );
    const broken: typeof simulate = (options) =>
      real({ ...options, pair: "memory", ablation: ablations.noOutbox });
    vi.mocked(simulate).mockImplementation(broken);
    const args = ["chaos", "--schedules", "1", "--kills", "0", "--seed", "1", "--no-ablations"];
    const { code, stdout, stderr } = await runInside(args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/diverged after repair +[1-9]/);
    expect(stdout).toMatch(/not every promise held\n$/);
    expect(stderr).toContain(`replay with: palimpsest ${args.slice(0, 1).join(" ")} --seed 1`);
    expect(stderr).toMatch(/divergedAfterRepair: .*missing/);
    expect(stderr).toMatch(/act \(process 0\)/);
    const { failures } = JSON.parse((await runInside([...args, "--json"])).stdout) as ChaosReport;
    expect(failures).toMatchObject([
      { seed: 1, replay: "palimpsest chaos --seed 1 --schedules 1 --kills 0 --no-ablations" },
    ]);
  });

  it("does not hold when nothing was tried", async () => {
    vi.mocked(simulate).mockImplementation(async ({ seed }) => ({
      seed,
      pair: "memory",
      killed: false,
      problems: [],
      acknowledged: 0,
      unacknowledged: 0,
      steps: [],
      faults: [],
      crashes: 0,
    }));
    const { code } = await runInside([
      "chaos",
      "--schedules",
      "3",
      "--kills",
      "0",
      "--no-ablations",
    ]);
    expect(code).toBe(1);
  });

  it("does not hold when a missing guard goes unnoticed", async () => {
    vi.mocked(simulate).mockImplementation(async ({ seed }) => ({
      seed,
      pair: "memory",
      killed: false,
      problems: [],
      acknowledged: 1,
      unacknowledged: 0,
      steps: [],
      faults: [],
      crashes: 0,
    }));
    const { code, stdout } = await runInside(["chaos", "--schedules", "3", "--kills", "0"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/never caught/) });
  });

  it("stops cleanly and leaves nothing", async () => {
    const before = leftovers();
    const signal = AbortSignal.abort(new Stop("SIGINT"));
    const { code, stdout } = await runInside(["chaos", "--json"], { signal });
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(leftovers()).toEqual(before);
  });

  it("refuses more kills than schedules", async () => {
    const { code, stderr } = await runInside(["chaos", "--schedules", "1", "--kills", "2"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/--kills 2 is more/),
    });
  });
});
