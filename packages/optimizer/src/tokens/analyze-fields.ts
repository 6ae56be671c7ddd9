import { type JsonValue, PalimpsestError, type TokenCounter } from "@palimpsest/core";
import { isRecord } from "../json-kind.ts";
import { checkJson } from "../json/check-json.ts";
import { checkRecords } from "../json/check-records.ts";
import { writeJson } from "../json/write-json.ts";
import { countTokens } from "./count-tokens.ts";
import { type MeasuredStep, measureSteps, type MeasureStepsOptions } from "./measure-steps.ts";

export interface AnalyzeOptions extends MeasureStepsOptions {
  /** Most records to measure, evenly spaced over all. @defaultValue all */
  readonly sample?: number;
}

export interface FieldCost {
  readonly field: string;
  /** Records that have it. */
  readonly records: number;
  /** Tokens of its name, quotes and colon included, in all records together. */
  readonly keyTokens: number;
  readonly valueTokens: number;
  /** Of minified JSON's tokens, as a fraction. */
  readonly share: number;
  /** Tokens that minified JSON has fewer without the field; of the 32 most expensive fields only. */
  readonly saved: number | undefined;
}

export interface FieldAnalysis {
  readonly family: string;
  /** Records given, and records that the figures are of. */
  readonly records: number;
  readonly measured: number;
  /** Of minified JSON. */
  readonly tokens: number;
  /** Fields at the top of records, the most expensive first. */
  readonly fields: readonly FieldCost[];
  /** Brackets, commas, records that are no objects, and what tokens share between neighbours. */
  readonly otherTokens: number;
  readonly steps: readonly MeasuredStep[];
}

/**
 * What each field costs in minified JSON, and what each step would save.
 * @throws `E_INVALID_INPUT` for records that JSON cannot hold
 */
export function analyzeFields(
  records: readonly JsonValue[],
  { sample = records.length, ...options }: AnalyzeOptions,
): FieldAnalysis {
  const { counter } = options;
  checkRecords(records);
  checkJson(records);
  const measured = evenly(records, sample);
  const tokens = countTokens(counter, writeJson(measured));
  const fields = costsOf(measured, tokens, counter).map((cost, i): FieldCost =>
    Object.assign(cost, {
      saved:
        i < mostProjected
          ? tokens - countTokens(counter, without(measured, cost.field))
          : undefined,
    }),
  );
  return {
    family: counter.family,
    records: records.length,
    measured: measured.length,
    tokens,
    fields,
    otherTokens: tokens - fields.reduce((sum, field) => sum + costliness(field), 0),
    steps: [...measureSteps(measured, options)],
  };
}

type Cost = Omit<FieldCost, "saved">;

function costliness({ keyTokens, valueTokens }: Cost): number {
  return keyTokens + valueTokens;
}

/** Each projection counts the whole text, so thousands of field names must not ask for one each. */
const mostProjected = 32;

/** Values are counted in one text, so that it costs one count per field and not one per record. */
function costsOf(records: readonly JsonValue[], tokens: number, counter: TokenCounter): Cost[] {
  const costs = Array.from(valuesByField(records), ([field, values]) => {
    const keyTokens = countTokens(counter, `${JSON.stringify(field)}:`) * values.length;
    const valueTokens = countTokens(counter, values.join(","));
    const share = (keyTokens + valueTokens) / tokens;
    return { field, records: values.length, keyTokens, valueTokens, share };
  });
  return costs.toSorted((a, b) => costliness(b) - costliness(a));
}

function valuesByField(records: readonly JsonValue[]): Map<string, string[]> {
  const byField = new Map<string, string[]>();
  for (const record of records) {
    for (const [field, value] of isRecord(record) ? Object.entries(record) : []) {
      const values = byField.get(field) ?? [];
      values.push(writeJson(value));
      byField.set(field, values);
    }
  }
  return byField;
}

/** Minified JSON of the records without one field. */
function without(records: readonly JsonValue[], field: string): string {
  const projected = records.map((record) =>
    isRecord(record)
      ? Object.fromEntries(Object.entries(record).filter(([name]) => name !== field))
      : record,
  );
  return writeJson(projected);
}

function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (!Number.isSafeInteger(most) || most < 0) {
    throw new PalimpsestError("E_INVALID_INPUT", `sample must be a whole number, got ${most}`);
  }
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);
}
