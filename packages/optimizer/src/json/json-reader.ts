import type { JsonValue } from "@palimpsest/core";
import { setMember } from "./members.ts";
import { type NumberMode, readNumber } from "./raw-number.ts";

type Fail = (at: number, problem: string) => never;

interface Frame {
  readonly target: JsonValue[] | Record<string, JsonValue>;
  key: string;
}

// oxlint-disable-next-line no-control-regex -- JSON forbids exactly these
const plainRun = /[^"\\\u0000-\u001f]*/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const space = /[ \t\n\r]*/y;
const literals = new Map<string, JsonValue>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** A JSON parser that keeps its own stack: nesting costs memory, never the call stack. */
export class JsonReader {
  readonly #text: string;
  readonly #numbers: NumberMode;
  readonly #fail: Fail;
  readonly #frames: Frame[] = [];
  #at = 0;

  constructor(text: string, numbers: NumberMode, fail: Fail) {
    this.#text = text;
    this.#numbers = numbers;
    this.#fail = fail;
  }

  document(): JsonValue {
    let value = this.#open();
    for (let frame = this.#frames.at(-1); frame; frame = this.#frames.at(-1)) {
      if (value !== undefined) add(frame, value);
      value = this.#next(frame, value === undefined);
    }
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail(this.#at, "there is text after the value");
    return value === undefined ? this.#fail(this.#at, "a value is missing") : value;
  }

  /** The next element or closed container; undefined when an inner container was opened. */
  #next(frame: Frame, first: boolean): JsonValue | undefined {
    const isArray = Array.isArray(frame.target);
    this.#skipSpace();
    const sign = this.#text[this.#at];
    if (sign === (isArray ? "]" : "}")) {
      this.#at++;
      this.#frames.pop();
      return frame.target;
    }
    if (!first) {
      if (sign !== ",") this.#fail(this.#at, `"," or "${isArray ? "]" : "}"}" is missing`);
      this.#at++;
    }
    if (!isArray) frame.key = this.#key();
    return this.#open();
  }

  /** A scalar, or undefined after opening a container. */
  #open(): JsonValue | undefined {
    this.#skipSpace();
    const sign = this.#text[this.#at];
    if (sign === "[" || sign === "{") {
      this.#at++;
      this.#frames.push({ target: sign === "[" ? [] : {}, key: "" });
      return undefined;
    }
    if (sign === '"') return this.#string();
    return this.#numberOrLiteral();
  }

  #key(): string {
    this.#skipSpace();
    if (this.#text[this.#at] !== '"') this.#fail(this.#at, "a key in double quotes is missing");
    const key = this.#string();
    this.#skipSpace();
    if (this.#text[this.#at] !== ":") this.#fail(this.#at, '":" is missing after a key');
    this.#at++;
    return key;
  }

  #string(): string {
    const start = this.#at;
    let end = endOf(plainRun, this.#text, start + 1) ?? start + 1;
    const escaped = this.#text[end] === "\\";
    // Run by run: one expression for the whole string could exhaust the engine's stack.
    while (this.#text[end] === "\\") {
      const afterEscape = endOf(escape, this.#text, end) ?? this.#fail(end, "a bad escape");
      end = endOf(plainRun, this.#text, afterEscape) ?? afterEscape;
    }
    if (this.#text[end] !== '"') {
      this.#fail(end, "a string is not closed, or holds a control character");
    }
    this.#at = end + 1;
    if (!escaped) return this.#text.slice(start + 1, end);
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #numberOrLiteral(): JsonValue {
    const end = endOf(number, this.#text, this.#at);
    if (end !== undefined) {
      const source = this.#text.slice(this.#at, end);
      this.#at = end;
      return readNumber(source, this.#numbers);
    }
    for (const [word, value] of literals) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#fail(this.#at, "a value is missing");
  }

  #skipSpace(): void {
    // Most texts are minified: look before running the expression.
    if (this.#text.charCodeAt(this.#at) > 32) return;
    this.#at = endOf(space, this.#text, this.#at) ?? this.#at;
  }
}

function add(frame: Frame, value: JsonValue): void {
  if (Array.isArray(frame.target)) frame.target.push(value);
  else setMember(frame.target, frame.key, value);
}

/** Where a sticky expression that matches at `at` ends. */
function endOf(expression: RegExp, text: string, at: number): number | undefined {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : undefined;
}
