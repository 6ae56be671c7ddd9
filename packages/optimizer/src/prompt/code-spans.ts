import type { Span } from "./removal.ts";

/** A run of one mark: three or more at the start of a line may fence a block. */
interface MarkRun extends Span {
  readonly mark: string;
  readonly length: number;
  readonly opensFence: boolean;
  readonly closesFence: boolean;
}

/**
 * Finds fenced blocks and inline code by the rules of Markdown: a fence closes with at least as many
 * marks of its kind on a line of their own, or with the text; inline code with exactly as many.
 */
export class CodeSpans {
  readonly #textLength: number;
  readonly #runs: readonly MarkRun[];
  readonly #indexes: ReadonlyMap<number, number>;
  /** The next run of backticks of the same length, for each run. */
  readonly #twins: readonly (number | undefined)[];

  constructor(text: string) {
    this.#textLength = text.length;
    this.#runs = markRuns(text);
    this.#indexes = new Map(this.#runs.map(({ start }, i) => [start, i]));
    this.#twins = twinsOf(this.#runs);
  }

  /** @returns the end of the code that a run at `start` begins; inline code ends before `limit` */
  endOf(start: number, limit: number): number | undefined {
    const i = this.#indexes.get(start);
    const run = i === undefined ? undefined : this.#runs[i];
    if (i === undefined || run === undefined) return undefined;
    if (run.opensFence) return this.#fenceEnd(i, run);
    const twin = this.#runs[this.#twins[i] ?? this.#runs.length];
    return twin !== undefined && twin.end <= limit ? twin.end : undefined;
  }

  /** Whatever is passed by is inside the block, so all searches together are one walk. */
  #fenceEnd(opener: number, { mark, length }: MarkRun): number {
    for (let i = opener + 1; i < this.#runs.length; i++) {
      const run = this.#runs[i]!;
      if (run.closesFence && run.mark === mark && run.length >= length) return run.end;
    }
    return this.#textLength;
  }
}

function markRuns(text: string): MarkRun[] {
  return Array.from(text.matchAll(/(?<=^ {0,3})(?:`{3,}|~{3,})|`+/gmu), ({ 0: run, index }) => {
    const end = index + run.length;
    const isFence = run.length >= 3 && isIndented(text, index);
    const rest = isFence ? restOfLine(text, end) : "";
    return {
      start: index,
      end,
      mark: run.charAt(0),
      length: run.length,
      opensFence: isFence && !(run.startsWith("`") && rest.includes("`")),
      closesFence: isFence && rest.trim() === "",
    };
  });
}

/** At the start of a line, behind at most three spaces. */
function isIndented(text: string, index: number): boolean {
  const before = text.slice(Math.max(0, index - 4), index).replace(/ {0,3}$/u, "");
  return before === "" ? index < 4 : before.endsWith("\n");
}

function restOfLine(text: string, from: number): string {
  const end = text.indexOf("\n", from);
  return text.slice(from, end < 0 ? text.length : end);
}

function twinsOf(runs: readonly MarkRun[]): (number | undefined)[] {
  const latest = new Map<number, number>();
  const twins: (number | undefined)[] = runs.map(() => undefined);
  for (let i = runs.length - 1; i >= 0; i--) {
    const { mark, length } = runs[i]!;
    if (mark !== "`") continue;
    twins[i] = latest.get(length);
    latest.set(length, i);
  }
  return twins;
}
