import { interleave, median } from "../report.ts";
import { asList, type DataSet } from "./datasets.ts";
import type { Format } from "./format.ts";
import { roundTrip, sum } from "./measure.ts";

export interface Speeds {
  /** Records per second, encoded and decoded. */
  readonly recordsPerSecond: Readonly<Record<string, number>>;
  /** Medians of ratios within one round, of ours over the other's records per second. */
  readonly vsJson: number;
  readonly vsToon: number;
}

interface Contenders {
  readonly ours: Format;
  readonly json: Format;
  readonly toon: Format;
}

/** An encoder of many functions needs this many before the engine has compiled it. */
const warmUpRounds = 25;
const rounds = 31;

/** Encodes and decodes all sets with each, in turn, in one run; no token is counted. */
export async function compareSpeed(
  sets: readonly DataSet[],
  { ours, json, toon }: Contenders,
): Promise<Speeds> {
  const values = sets.map(({ value }) => value);
  const run = (format: Format) => () => values.forEach((value) => roundTrip(format, value));
  const operations = { ours: run(ours), json: run(json), toon: run(toon) };
  await interleave(warmUpRounds, operations);
  const times = await interleave(rounds, operations);
  const ratio = (other: readonly number[]): number =>
    median(other.map((ms, i) => ms / times.ours[i]!));
  const records = sum(values.map((value) => asList(value)?.length ?? 1));
  const perSecond = (ms: readonly number[]): number => Math.round((records / median(ms)) * 1000);
  return {
    recordsPerSecond: {
      ours: perSecond(times.ours),
      json: perSecond(times.json),
      toon: perSecond(times.toon),
    },
    vsJson: ratio(times.json),
    vsToon: ratio(times.toon),
  };
}
