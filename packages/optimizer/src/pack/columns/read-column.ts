import { shorten } from "../../json/shorten.ts";
import { type CellFormat, fail, unquote } from "../cells/cell.ts";
import type { Codec } from "../codecs/codec.ts";
import { list, readListSpec } from "../codecs/list.ts";
import { plain } from "../codecs/plain.ts";
import { readCodec } from "../codecs/read-codec.ts";
import { endOfString } from "../cells/split-cells.ts";
import { type Column, keyName, maxPath, restName } from "./column.ts";
import { type Fallback, readFallback } from "./fallback.ts";
import { readName } from "./name.ts";

export interface HeaderFormats {
  /** Of the cells of a line. */
  readonly row: CellFormat;
  /** Of the cells of a table inside a cell. */
  readonly inner: CellFormat;
}

/** Reads what `writeColumn` wrote for one column. @throws CellError */
export function readColumn(text: string, formats: HeaderFormats): Column {
  const reader = new ColumnReader(text, formats);
  const column = reader.outerColumn();
  return reader.isDone ? column : fail("there is text after a column");
}

class ColumnReader {
  readonly #text: string;
  readonly #formats: HeaderFormats;
  #at = 0;

  constructor(text: string, formats: HeaderFormats) {
    this.#text = text;
    this.#formats = formats;
  }

  get isDone(): boolean {
    return this.#at === this.#text.length;
  }

  outerColumn(): Column {
    const named = this.#specialName() ?? this.#name();
    if (this.#takes("=")) return { ...named, kind: "hoisted", ...hoistedCell(this.#rest(/$/)) };
    const many = this.#takes("[;]{");
    if (many || this.#takes("{")) {
      const columns = this.#innerColumns();
      return { ...named, kind: "nested", many, columns, fallback: this.#fallback(/$/) };
    }
    const codec = this.#list() ?? this.#codec(this.#formats.row, /\?|$/);
    return { ...named, kind: "cells", codec, fallback: this.#fallback(/$/) };
  }

  #innerColumns(): readonly Column[] {
    const columns: Column[] = [];
    do columns.push(this.#innerColumn());
    while (this.#takes(","));
    return this.#takes("}") ? columns : fail('"}" is missing after the columns of a cell');
  }

  #innerColumn(): Column {
    const named = this.#name();
    const end = /[,}]|$/;
    if (this.#takes("=")) return { ...named, kind: "hoisted", ...hoistedCell(this.#rest(end)) };
    const codec = this.#codec(this.#formats.inner, /[?,}]|$/);
    return { ...named, kind: "cells", codec, fallback: this.#fallback(end) };
  }

  /** The two columns that are no members of the records. */
  #specialName(): { readonly name: string; readonly path: readonly string[] } | undefined {
    for (const name of [restName, keyName]) if (this.#takes(name)) return { name, path: [] };
    return undefined;
  }

  #name(): { readonly name: string; readonly path: readonly string[] } {
    const start = this.#at;
    const found = readName(this.#text, start);
    if (found === undefined) return fail("a column's name is missing");
    if (found.path.length > maxPath) return fail(`a column's path is longer than ${maxPath} keys`);
    this.#at = found.end;
    return { name: this.#text.slice(start, found.end), path: found.path };
  }

  #list(): Codec | undefined {
    const spec = this.#text.slice(this.#at, this.#at + 3);
    const separator = readListSpec(spec);
    if (separator === undefined) return undefined;
    this.#at += spec.length;
    return list(separator, this.#formats.row);
  }

  #codec(format: CellFormat, end: RegExp): Codec {
    if (!this.#takes(":")) return plain(format);
    const spec = this.#text[this.#at] === '"' ? unquote(this.#quoted()) : this.#rest(end);
    return (
      readCodec(spec, format) ?? fail(`the codec ${JSON.stringify(shorten(spec))} is not known`)
    );
  }

  #fallback(end: RegExp): Fallback | undefined {
    if (!this.#takes("?")) return undefined;
    return readFallback(this.#rest(end)) ?? fail('the default after "?" is missing');
  }

  /** The text up to the first match of `end`. */
  #rest(end: RegExp): string {
    const rest = this.#text.slice(this.#at);
    const found = rest.slice(0, rest.search(end));
    this.#at += found.length;
    return found;
  }

  #quoted(): string {
    const start = this.#at;
    this.#at = endOfString(this.#text, start);
    return this.#text.slice(start, this.#at);
  }

  #takes(sign: string): boolean {
    if (!this.#text.startsWith(sign, this.#at)) return false;
    this.#at += sign.length;
    return true;
  }
}

function hoistedCell(text: string): { readonly cell: string; readonly counts: boolean } {
  const counts = text.endsWith("+");
  return { cell: counts ? text.slice(0, -1) : text, counts };
}
