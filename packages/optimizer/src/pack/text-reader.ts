import { PalimpsestError } from "@palimpsest/core";
import { positionAt } from "../json/text-position.ts";

/** Reads a text line by line. A line counts only with its line end, so a cut text shows. */
export class TextReader {
  readonly text: string;
  /** Offset of the next line. */
  at: number = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isDone(): boolean {
    return this.at === this.text.length;
  }

  line(): string {
    const end = this.text.indexOf("\n", this.at);
    if (end === -1) this.fail(this.text.length, "the text ends too early, it may be cut");
    const line = this.text.slice(this.at, end);
    this.at = end + 1;
    return line;
  }

  /** @throws `E_CORRUPT` with the position of the offset */
  fail(offset: number, problem: string, cause?: unknown): never {
    const position = positionAt(this.text, offset);
    throw new PalimpsestError(
      "E_CORRUPT",
      `the packed text is damaged at line ${position.line}, column ${position.column}: ${problem}`,
      { position, cause },
    );
  }
}
