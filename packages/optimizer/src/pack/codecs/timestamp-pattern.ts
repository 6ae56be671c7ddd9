/** ISO 8601 date, or date and time, by the place and the digits of each field. */
export interface TimestampPattern {
  /** The pattern's text: letters where a cell gives digits, the date's own text elsewhere. */
  readonly text: string;
  /** `YYYY`, `YY`, `MM`, `DD`, `hh`, `mm`, `ss` and `S…` runs, in order. */
  readonly fields: readonly TimestampField[];
  /** For each character its code, or 0 where a digit is expected. */
  readonly codes: readonly number[];
}

export interface TimestampField {
  readonly letter: string;
  readonly start: number;
  readonly end: number;
}

const syntax =
  /^(?:YYYY|\d\dYY|\d{4})-(?:MM|\d\d)-(?:DD|\d\d)(?:[T ](?:hh|\d\d):(?:mm|\d\d)(?::(?:ss|\d\d)(?:\.(?:S{1,9}|\d{1,9}))?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const timestamp = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const letters = "YYYY-MM-DDThh:mm:ss.SSSSSSSSS";

export function readPattern(text: string): TimestampPattern | undefined {
  if (!syntax.test(text)) return undefined;
  const fields = [...text.matchAll(/Y+|M+|D+|h+|m+|s+|S+/g)].map(({ 0: run, index }) => ({
    letter: run.charAt(0),
    start: index,
    end: index + run.length,
  }));
  const codes = Array.from(text, (sign) => sign.charCodeAt(0));
  for (const { start, end } of fields) codes.fill(0, start, end);
  return { text, fields, codes };
}

/** The pattern of one timestamp with every field variable, or undefined for another string. */
export function patternOf(value: string): TimestampPattern | undefined {
  if (!timestamp.test(value)) return undefined;
  const zone = /(?:Z|[+-]\d\d:\d\d)?$/.exec(value.slice(10))?.[0] ?? "";
  const body = letters.slice(0, value.length - zone.length);
  return readPattern(value.charAt(10) === " " ? `${body.replace("T", " ")}${zone}` : body + zone);
}

/** The pattern with every field that all `values` share written out. */
export function narrowed(
  pattern: TimestampPattern,
  values: readonly string[],
): TimestampPattern | undefined {
  const [first = ""] = values;
  let text = pattern.text;
  for (const { letter, start, end } of pattern.fields) {
    // The century is shared more often than the year.
    const spans =
      letter === "Y"
        ? [
            [start, end],
            [start, start + 2],
          ]
        : [[start, end]];
    for (const [from = 0, to = 0] of spans) {
      const digits = first.slice(from, to);
      if (values.every((value) => value.startsWith(digits, from))) {
        text = text.slice(0, from) + digits + text.slice(to);
        break;
      }
    }
  }
  return readPattern(text);
}

/** Whether a string has the pattern's length, its fixed characters and digits in its fields. */
export function matchesPattern(value: string, { codes }: TimestampPattern): boolean {
  if (value.length !== codes.length) return false;
  for (let i = 0; i < codes.length; i++) {
    const wanted = codes[i];
    const actual = value.charCodeAt(i);
    if (wanted === 0 ? actual < 48 || actual > 57 : actual !== wanted) return false;
  }
  return true;
}
