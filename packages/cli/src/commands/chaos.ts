import { PalimpsestError } from "@palimpsest/core";
import type { Command } from "commander";
import { wholeNumber } from "../arguments.ts";
import type { ChaosReport } from "../chaos/run-chaos.ts";
import { type Host, note, print, printJson } from "../host.ts";
import { startProgress } from "../progress.ts";
import type { Session } from "../session.ts";
import { labelled } from "../text-layout.ts";

interface Options {
  readonly schedules: number;
  readonly seed: number;
  readonly kills?: number;
  readonly ablations: boolean;
  readonly json?: boolean;
}

const defaultKills = 50;

export function chaosCommand(program: Command, session: Session): void {
  program
    .command("chaos")
    .description("Break engines and kill processes at random; exit 1 if a promise breaks.")
    .option("--schedules <n>", "how many, each with a seed", wholeNumber(1, 10_000_000), 2000)
    .option("--seed <n>", "seed of the first one", wholeNumber(0, 4_000_000_000), 1)
    .option("--kills <n>", "how many end by SIGKILL (default: 50)", wholeNumber(0, 100_000))
    .option("--no-ablations", "do not try stores without a guard")
    .option("--json", "print exactly one JSON value on stdout")
    .addHelpText("after", "\nExample:\n  $ palimpsest chaos --schedules 10000 --seed 7 --json")
    .action((options: Options) => chaos(session, options));
}

async function chaos({ host, exitWith }: Session, options: Options): Promise<void> {
  const { schedules, seed, kills = Math.min(defaultKills, schedules), ablations } = options;
  if (kills > schedules) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `--kills ${kills} is more than --schedules ${schedules}; kills are among the schedules`,
    );
  }
  // Loaded here, so that no other command pays for it.
  const { runChaos } = await import("../chaos/run-chaos.ts");
  using progress = startProgress(host);
  const onProgress = progress.update.bind(progress);
  const { signal } = host;
  const report = await runChaos({ schedules, seed, kills, ablations, signal, onProgress });
  progress[Symbol.dispose]();
  if (options.json) printJson(host, report);
  else describeChaos(report, host);
  if (!report.holds) exitWith(1);
}

function describeChaos(report: ChaosReport, host: Host): void {
  const { failures, ablations, holds } = report;
  print(
    host,
    labelled([
      ["schedules", report.schedules],
      ["  ended by SIGKILL", report.kills],
      ["simulated crashes", report.crashes],
      ["injected faults", report.faults],
      ["acknowledged writes", report.acknowledged],
      ["lost", report.lost],
      ["duplicated", report.duplicated],
      ["resurrected", report.resurrected],
      ["ghosts", report.ghosts],
      ["torn", report.torn],
      ["revisions back", report.revisionsBack],
      ["unconverged after restart", report.unconverged],
      ["diverged after repair", report.divergedAfterRepair],
      ["unexpected failures", report.unexpected],
      ["ablations caught", report.ablationsCaught],
    ]),
  );
  for (const [name, after] of Object.entries(ablations)) {
    print(host, `  ${name}: ${after === null ? "never caught" : `caught by schedule ${after}`}`);
  }
  for (const { replay, pair, problems, steps, faults } of failures) {
    note(host, `broken on ${pair}; replay with: ${replay}`);
    for (const line of [...problems, ...steps, ...faults]) note(host, `  ${line}`);
  }
  print(host, holds ? "every promise held" : "not every promise held");
}
