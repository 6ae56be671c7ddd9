import { isDeepStrictEqual } from "node:util";
import type { JsonValue, TokenCounter } from "@palimpsest/core";
import { interleave, median } from "../report.ts";
import { asList, type DataSet } from "./datasets.ts";
import type { Format, Formats } from "./format.ts";

export interface FormatFigures {
  readonly tokens: number;
  readonly bytes: number;
  /** Against minified JSON, as a fraction: −0.5 is half the tokens. */
  readonly reduction: number;
  /** Decodes to the same value, types and key order included. */
  readonly roundTrips: boolean;
  /** Encoding and decoding, the median of a few interleaved rounds. */
  readonly msPerRecord: number;
}

/** Rounds that settle a median, of operations that take from one to a few hundred milliseconds. */
const rounds = 5;

/** Tokens, bytes and times of each format over all sets together. */
export async function measureFormats(
  sets: readonly DataSet[],
  formats: Formats,
  counter: TokenCounter,
): Promise<Record<string, FormatFigures>> {
  const values = sets.map(({ value }) => value);
  const baseline = sum(values.map((value) => counter.count(JSON.stringify(value))));
  const recordCount = sum(values.map((value) => asList(value)?.length ?? 1));
  const times = await interleave(
    rounds,
    mapValues(formats, (format) => () => values.forEach((value) => roundTrip(format, value))),
  );
  return mapValues(formats, (format, name) => {
    const texts = values.map((value) => format.encode(value));
    const tokens = sum(texts.map((text) => counter.count(text)));
    return {
      tokens,
      bytes: sum(texts.map((text) => Buffer.byteLength(text))),
      reduction: round(tokens / baseline - 1),
      roundTrips: values.every((value) => returns(format, value)),
      msPerRecord: round(median(times[name] ?? []) / recordCount),
    };
  });
}

export function roundTrip({ encode, decode }: Format, value: JsonValue): unknown {
  const text = encode(value);
  return decode?.(text);
}

/** Whether the value comes back as it was. A decoder that gives up has failed too. */
export function returns(format: Format, value: JsonValue): boolean {
  try {
    const decoded = roundTrip(format, value);
    return isDeepStrictEqual(decoded, value) && JSON.stringify(decoded) === JSON.stringify(value);
  } catch {
    return false;
  }
}

export function mapValues<T, U>(
  object: Readonly<Record<string, T>>,
  map: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, map(value, name)]),
  );
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export function round(value: number): number {
  return Number(value.toPrecision(4));
}
