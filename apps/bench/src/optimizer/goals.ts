import { goal, type Goal } from "../report.ts";
import type { DataKind } from "./datasets.ts";
import type { FormatFigures } from "./measure.ts";

interface Bounds {
  readonly readable: number;
  readonly dense: number;
  /** Of ten records, readable, without a legend. */
  readonly tenRecords?: number;
  readonly denseVsToon?: number;
}

/** Of a file that nobody has set goals for, the packed text must at least not be larger. */
const bounds: Readonly<Record<DataKind, Bounds>> = {
  facts: { readable: -0.48, dense: -0.61, tenRecords: -0.4 },
  locomo: { readable: 0, dense: -0.38 },
  tabular: { readable: 0, dense: -0.42, denseVsToon: -0.36 },
  other: { readable: 0, dense: 0 },
};

export interface Results {
  readonly kind: DataKind;
  readonly formats: Readonly<Record<string, FormatFigures>>;
  readonly tenRecords: Readonly<Record<string, FormatFigures>>;
  /** Per set, `auto` against minified JSON as a fraction. */
  readonly autoBySet: Readonly<Record<string, number>>;
  readonly roundTripFailures: number;
  readonly vsJson: number;
  readonly vsToon: number;
}

/** Reductions are fractions of minified JSON's tokens: −0.6 means 60 % fewer. */
export function goalsOf(results: Results): Goal[] {
  const { kind, formats, tenRecords, autoBySet } = results;
  const bound = bounds[kind];
  const dense = formats["dense"]?.tokens ?? Number.NaN;
  const toon = formats["toon"]?.tokens ?? Number.NaN;
  return [
    ...atMost("readableReduction", formats["readable"]?.reduction, bound.readable),
    ...atMost("denseReduction", formats["dense"]?.reduction, bound.dense),
    ...atMost("denseVsToon", dense / toon - 1, bound.denseVsToon),
    ...atMost("tenRecordsReduction", tenRecords["readable"]?.reduction, bound.tenRecords),
    ...Object.entries(autoBySet).map(([name, value]) => goal(`auto:${name}`, value, { atMost: 0 })),
    goal("roundTripFailures", results.roundTripFailures, { atMost: 0 }),
    goal("packUnpackVsJson", results.vsJson, { atLeast: 0.1 }),
    goal("packUnpackVsToon", results.vsToon, { atLeast: 2 }),
  ];
}

/** No goal without a figure and a limit. */
function atMost(id: string, value: number | undefined, limit: number | undefined): Goal[] {
  return value === undefined || limit === undefined ? [] : [goal(id, value, { atMost: limit })];
}
