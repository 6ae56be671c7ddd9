import type { CellFormat } from "../cells/cell.ts";
import type { Base, Codec } from "./codec.ts";
import { difference } from "./difference.ts";
import { canElapse, elapsed } from "./elapsed.ts";
import { scaled } from "./scaled.ts";
import { readTemplate, template } from "./template.ts";
import { text } from "./text.ts";
import { timestamp } from "./timestamp.ts";
import { readPattern } from "./timestamp-pattern.ts";

const scale = /^\/1(0{1,6})$/;
const relative = /^(.+?)-(?:\^|@(.+))$/s;

/** The codec that a header names after `:`, or undefined when there is none of that name. */
export function readCodec(spec: string, format: CellFormat): Codec | undefined {
  if (spec === "text") return text(format);
  if (spec === "-^") return difference();
  const zeros = scale.exec(spec)?.[1];
  if (zeros !== undefined) return scaled(zeros.length);
  const pattern = readPattern(spec);
  if (pattern) return pattern.fields.length > 0 ? timestamp(pattern, "fused") : undefined;
  const shape = readTemplate(spec);
  return shape ? template(shape, format) : readElapsed(spec);
}

function readElapsed(spec: string): Codec | undefined {
  const [, letters = "", name] = relative.exec(spec) ?? [];
  const pattern = readPattern(letters);
  if (pattern === undefined || !canElapse(pattern)) return undefined;
  const base: Base = name === undefined ? { kind: "above" } : { kind: "column", name };
  return elapsed(pattern, base);
}
