import { type CellFormat, escapeText, fail, isBare, unescapeText } from "../cells/cell.ts";
import type { Codec } from "./codec.ts";

/** Text around the part that a cell holds. */
export interface Template {
  readonly prefix: string;
  readonly suffix: string;
  /** Digits to which a number is padded with zeros; 0 when the part is any text. */
  readonly width: number;
}

/** A template repeats in every record, so its length bounds what a damaged text can cost. */
export const maxTemplate = 200;

const syntax = /^([^*#]*)(?:\*|(##+))([^*#]*)$/s;
const unpadded = /^(?:0|[1-9]\d{0,14})$/;

/** `fact_#####` or `*@example.org`: a cell holds what stands at the sign. */
export function template(shape: Template, format: CellFormat): Codec {
  const { prefix, suffix, width } = shape;
  return {
    spec: prefix + (width === 0 ? "*" : "#".repeat(width)) + suffix,
    write(value) {
      if (typeof value !== "string") return undefined;
      if (!value.startsWith(prefix) || !value.endsWith(suffix)) return undefined;
      // Empty, and so no cell, where prefix and suffix overlap.
      const part = value.slice(prefix.length, value.length - suffix.length);
      if (width === 0) return isBare(part, format.stops) ? escapeText(part) : undefined;
      const digits = part.replace(/^0+(?=.)/s, "");
      return unpadded.test(digits) && digits.padStart(width, "0") === part ? digits : undefined;
    },
    read(cell) {
      if (width === 0) return prefix + unescapeText(cell) + suffix;
      if (!unpadded.test(cell)) fail("a number without leading zeros is missing here");
      return prefix + cell.padStart(width, "0") + suffix;
    },
  };
}

export function readTemplate(spec: string): Template | undefined {
  const [, prefix, signs, suffix] = syntax.exec(spec) ?? [];
  if (prefix === undefined || suffix === undefined || spec.length > maxTemplate) return undefined;
  return { prefix, suffix, width: signs?.length ?? 0 };
}
