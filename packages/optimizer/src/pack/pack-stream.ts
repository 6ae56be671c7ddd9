import type { JsonValue } from "@palimpsest/core";
import { checkChoice } from "../check-choice.ts";
import { checkJson } from "../json/check-json.ts";
import { writeJson } from "../json/write-json.ts";
import { withLegend } from "./legend.ts";
import { type PackProfile, packProfiles } from "./pack-profile.ts";
import { checkPositive, type TextOptions } from "./text-options.ts";
import { writeBlock } from "./write-text.ts";

export interface PackStreamOptions extends TextOptions {
  /** @defaultValue `"readable"` */
  readonly profile?: PackProfile;
  /**
   * Records that are held at a time and share one column line.
   * @defaultValue `1000`
   */
  readonly blockSize?: number;
}

/**
 * Packs records block by block, so that memory is bounded by one block. The pieces joined are a text
 * that `unpack` reads as an array of the records, and `unpackStream` record by record.
 * @throws `E_INVALID_INPUT` naming the record and the place in it of what JSON cannot hold
 */
export async function* packStream(
  records: Iterable<unknown> | AsyncIterable<unknown>,
  options: PackStreamOptions = {},
): AsyncGenerator<string, void, undefined> {
  const { blockSize = 1000, profile = "readable" } = options;
  checkChoice("profile", profile, packProfiles);
  checkPositive("blockSize", blockSize);
  checkPositive("repeatHeader", options.repeatHeader);
  let written = 0;
  let block: Block = { records: [], plain: true };
  for await (const record of records) {
    // A full block waits for the next record: its first line tells whether another block follows.
    if (block.records.length === blockSize) {
      yield blockText(block, written, true, options);
      written += blockSize;
      block = { records: [], plain: true };
    }
    const name = `records[${written + block.records.length}]`;
    block.plain = checkJson(record, name).plain && block.plain;
    block.records.push(record as JsonValue);
  }
  yield blockText(block, written, false, options);
}

interface Block {
  readonly records: JsonValue[];
  plain: boolean;
}

function blockText(
  { records, plain }: Block,
  before: number,
  more: boolean,
  { profile = "readable", legend = false, repeatHeader }: PackStreamOptions,
): string {
  const json: (part: JsonValue) => string = plain ? JSON.stringify : writeJson;
  if (profile === "minified") {
    const elements = json(records).slice(1, -1);
    return `${before === 0 ? "[" : ","}${elements}${more ? "" : "]"}`;
  }
  const text = writeBlock(records, more, { dense: profile === "dense", json, repeatHeader });
  return legend && before === 0 ? withLegend(text, profile) : text;
}
