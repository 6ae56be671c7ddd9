import type { JsonValue, TokenCounter } from "@palimpsest/core";
import { decodeLegacy, encodeLegacy, pack, unpack } from "@palimpsest/optimizer";

/** One way to put a value into a prompt. */
export interface Format {
  readonly encode: (value: JsonValue) => string;
  /** Absent for a format that nobody reads back. */
  readonly decode?: (text: string) => unknown;
}

export type Formats = Readonly<Record<string, Format>>;

export const json: Formats = {
  paddedJson: {
    encode: (value) => JSON.stringify(value, null, 2),
    decode: (text) => JSON.parse(text),
  },
  minifiedJson: { encode: (value) => JSON.stringify(value), decode: (text) => JSON.parse(text) },
};

/** Ours: two profiles as they are, and the smallest of all three by real tokens. */
export function ownFormats(counter: TokenCounter): Formats {
  return {
    readable: {
      encode: (value) => pack(value, { profile: "readable" }),
      decode: (text) => unpack(text),
    },
    dense: { encode: (value) => pack(value, { profile: "dense" }), decode: (text) => unpack(text) },
    auto: {
      encode: (value) =>
        pack(value, { profile: "auto", counter, allow: ["readable", "dense", "minified"] }),
      decode: (text) => unpack(text),
    },
  };
}

/**
 * What LuminoraCore v1.2-lite would have put into the prompt: our re-creation of its two formats,
 * which lose whatever does not fit them. Records only.
 */
export const v1Formats: Formats = {
  "v1 nine-slot arrays (re-created)": v1("array9"),
  "v1 abbreviated keys (re-created)": v1("abbreviated"),
};

function v1(format: "array9" | "abbreviated"): Format {
  return {
    encode: (value) =>
      JSON.stringify(
        records(value).map((record) => encodeLegacy(record, { format, lossy: true }).data),
      ),
    decode: (text) =>
      records(JSON.parse(text) as JsonValue).map((data) => decodeLegacy(data, { format }).record),
  };
}

function records(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
}
