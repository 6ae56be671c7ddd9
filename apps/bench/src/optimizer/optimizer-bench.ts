import { PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { loadCounter, pack, unpack } from "@palimpsest/optimizer";
import { installPeers } from "../peers-folder.ts";
import { type BenchReport, machine } from "../report.ts";
import { asList, type Data, type DataSet, readData } from "./datasets.ts";
import { type Format, type Formats, json, ownFormats, v1Formats } from "./format.ts";
import { goalsOf } from "./goals.ts";
import { type FormatFigures, measureFormats, returns, round } from "./measure.ts";
import { loadPeerFormats } from "./peer-formats.ts";
import { compareSpeed } from "./speed.ts";

interface OptimizerReport extends BenchReport {
  /** Tokens of minified JSON of all sets together, by o200k_base. */
  readonly baselineTokens: number;
  readonly formats: Readonly<Record<string, FormatFigures>>;
  /** The first ten records, as a prompt usually holds them. */
  readonly tenRecords: Readonly<Record<string, FormatFigures>>;
}

/** Tokens, round trips and speed of every format over one data file. */
export async function optimizerBench(options: { data?: string }): Promise<OptimizerReport> {
  if (options.data === undefined) {
    throw new PalimpsestError("E_INVALID_INPUT", "name a JSON file of records with --data");
  }
  const data = await readData(options.data);
  installPeers();
  return measure(data, await loadCounter("o200k_base"), await loadPeerFormats());
}

async function measure(data: Data, counter: TokenCounter, peers: Formats) {
  const ours = ownFormats(counter);
  const tabular = data.sets.filter(({ isTabular }) => isTabular);
  console.error("formats …");
  const formats = await measureFormats(
    tabular,
    { ...json, ...peers, ...v1Formats, ...ours },
    counter,
  );
  const tenRecords = await measureFormats(firstTen(tabular), tenRecordFormats(ours), counter);
  console.error("speed …");
  const speeds = await compareSpeed(tabular, {
    ours: ours["readable"]!,
    json: json["minifiedJson"]!,
    toon: peers["toon"]!,
  });
  const { vsJson, vsToon } = speeds;
  const roundTripFailures = countFailures(data.sets, { ...ours, minified });
  const autoBySet = Object.fromEntries(
    data.sets.map((set) => [set.name, autoAgainstMinified(set, ours, counter)]),
  );
  const { kind } = data;
  return {
    name: "optimizer",
    goals: goalsOf({ kind, formats, tenRecords, autoBySet, roundTripFailures, vsJson, vsToon }),
    peers: { recordsPerSecond: speeds.recordsPerSecond },
    baselineTokens: formats["minifiedJson"]?.tokens ?? 0,
    formats,
    tenRecords,
    machine: machine(),
    notes,
  };
}

const minified: Format = {
  encode: (value) => pack(value, { profile: "minified" }),
  decode: (text) => unpack(text),
};

/** With and without the paragraph that explains the format, which is counted. */
function tenRecordFormats(ours: Formats): Formats {
  return {
    ...ours,
    "readable with legend": explained("readable"),
    "dense with legend": explained("dense"),
  };
}

function explained(profile: "readable" | "dense"): Format {
  return {
    encode: (value) => pack(value, { profile, legend: true }),
    decode: (text) => unpack(text),
  };
}

function firstTen(sets: readonly DataSet[]): DataSet[] {
  return sets.map((set) => ({ ...set, value: asList(set.value)?.slice(0, 10) ?? set.value }));
}

function countFailures(sets: readonly DataSet[], formats: Formats): number {
  const failed = sets.flatMap((set) =>
    Object.entries(formats).flatMap(([name, format]) =>
      returns(format, set.value) ? [] : [`${set.name} as ${name}`],
    ),
  );
  for (const what of failed) console.error(`does not round-trip: ${what}`);
  return failed.length;
}

function autoAgainstMinified({ value }: DataSet, ours: Formats, counter: TokenCounter): number {
  const text = ours["auto"]?.encode(value) ?? "";
  return round(counter.count(text) / counter.count(JSON.stringify(value)) - 1);
}

const notes = [
  "reductions are fractions of the tokens of minified JSON (o200k_base): −0.6 is 60 % fewer",
  "packUnpackVs…: records per second, ours (readable, no token counted) over the other's, one interleaved run",
  "v1's formats are re-created by this project and lose data; csv loses types; see roundTrips",
];
