/** How a family keeps one time; `invalid` is a value that names no moment. */
export type TimeEncoding = "epochMs" | "date" | "iso" | "quotedIso" | "absent" | "invalid";

/** Epoch milliseconds of a number, a date, an ISO string or an ISO string in quotes; never "now". */
export function coerceTime(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? Math.round(value) : undefined;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return finite(value.getTime());
  if (typeof value !== "string" || value.trim() === "") return undefined;
  return finite(Date.parse(unquoted(value)));
}

export function timeEncoding(value: unknown): TimeEncoding {
  if (value === undefined || value === null) return "absent";
  if (coerceTime(value) === undefined) return "invalid";
  if (typeof value === "number" || typeof value === "bigint") return "epochMs";
  if (value instanceof Date) return "date";
  return unquoted(value as string) === value ? "iso" : "quotedIso";
}

/** The first of these that names a moment. */
export function firstTime(...values: readonly unknown[]): number | undefined {
  for (const value of values) {
    const time = coerceTime(value);
    if (time !== undefined) return time;
  }
  return undefined;
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1) : text;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
