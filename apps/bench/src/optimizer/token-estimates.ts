import { readFile } from "node:fs/promises";
import type { JsonValue, TokenCounter } from "@palimpsest/core";
import {
  CalibratedCounter,
  estimateCounter,
  exactFamilies,
  loadCounter,
  pack,
} from "@palimpsest/optimizer";
import { type BenchReport, goal, machine } from "../report.ts";
import { readData } from "./datasets.ts";
import { mapValues, round, sum } from "./measure.ts";

/** The texts that the shipped estimates were fitted to, with what real vocabularies made of them. */
interface Fixture {
  readonly vocabularies: Readonly<Record<string, string>>;
  readonly samples: readonly {
    readonly text: string;
    readonly tokens: Readonly<Record<string, number>>;
  }[];
}

const fixture = new URL(
  "../../../../packages/optimizer/fixtures/token-counts.json",
  import.meta.url,
);

/** How far token estimates are off: on texts held out of the fit, and on a file of one's own. */
export async function tokenEstimates(options: { data?: string }): Promise<BenchReport> {
  const { samples, vocabularies } = JSON.parse(await readFile(fixture, "utf8")) as Fixture;
  const heldOut = Object.keys(vocabularies).map((family) => {
    const own = samples.map(({ text, tokens }) => ({ text, tokens: tokens[family] ?? 0 }));
    return new CalibratedCounter({ family, samples: own });
  });
  const onData = options.data === undefined ? {} : await errorsOn(options.data);
  return {
    name: "token-estimates",
    goals: heldOut.map(({ family, error }) =>
      goal(`meanError:${family}`, error.mean, { atMost: 0.12 }),
    ),
    peers: {
      ...Object.fromEntries(
        heldOut.map(({ family, error: { mean, p95 } }) => [
          family,
          { mean: round(mean), p95: round(p95) },
        ]),
      ),
      ...onData,
    },
    machine: machine(),
    notes: [
      "errors are fractions of a single text's tokens: cross-validated over short texts of many kinds",
      "some of those texts are rows of facts-500 and tabular-datasets; no text of LoCoMo was fitted to",
      ...Object.entries(vocabularies).map(([family, source]) => `${family}: counted by ${source}`),
      "claude: the vocabularies of newer models are not published; see estimateCounter for the factor",
    ],
  };
}

const forms: Readonly<Record<string, (value: JsonValue) => string>> = {
  padded: (value) => JSON.stringify(value, null, 2),
  minified: (value) => JSON.stringify(value),
  readable: (value) => pack(value),
  dense: (value) => pack(value, { profile: "dense" }),
};

/** Signed errors of whole texts, for the vocabularies that can be counted here. */
async function errorsOn(path: string): Promise<BenchReport["peers"]> {
  const { sets } = await readData(path);
  const rows = exactFamilies.map(async (family) => {
    const exact = await loadCounter(family);
    const estimated = estimateCounter(family);
    const errors = mapValues(forms, (form) => {
      const texts = sets.map(({ value }) => form(value));
      return round(total(estimated, texts) / total(exact, texts) - 1);
    });
    return [`${family}, this file`, errors] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

function total(counter: TokenCounter, texts: readonly string[]): number {
  return sum(texts.map((text) => counter.count(text)));
}
