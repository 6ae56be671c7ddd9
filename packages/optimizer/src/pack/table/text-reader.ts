import { PalimpsestError } from "@palimpsest/core";
import { positionAt } from "../../json/text-position.ts";

/** What no writer leaves unescaped; a line end that became CR LF shows here. */
// oxlint-disable-next-line no-control-regex -- exactly these are searched
const rawControl = /[\u0000-\u0008\u000b-\u001f]/;

/** Reads a text line by line. A line counts only with its line end, so a cut text shows. */
export class TextReader {
  readonly text: string;
  /** Offset of the next line. */
  at: number = 0;
  readonly #linesBefore: number;

  /** @param linesBefore lines of the whole text before this part of it, for error positions */
  constructor(text: string, linesBefore: number = 0) {
    this.text = text;
    this.#linesBefore = linesBefore;
  }

  get isDone(): boolean {
    return this.at === this.text.length;
  }

  checkControls(): void {
    const control = this.text.search(rawControl);
    if (control !== -1) this.fail(control, "a control character stands unescaped");
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
    const { line, column } = positionAt(this.text, offset);
    const position = { line: line + this.#linesBefore, column };
    throw new PalimpsestError(
      "E_CORRUPT",
      `the packed text is damaged at line ${position.line}, column ${column}: ${problem}`,
      { position, cause },
    );
  }
}
