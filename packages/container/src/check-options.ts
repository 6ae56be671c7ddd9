import { PalimpsestError } from "@palimpsest/core";
import type { z } from "zod";
import type { DriverEntry } from "./driver-entry.ts";
import { didYouMean } from "./nearest.ts";

/**
 * Options as the schema yields them. Messages name fields, never values, so no secret gets into one.
 * @throws `E_CONFIG` naming the missing, unknown or wrong field
 */
export function checkOptions<T>(
  schema: DriverEntry<T, unknown>["schema"],
  input: unknown,
  at: string,
  remedies: Readonly<Record<string, string>> = {},
): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const problem =
    issue === undefined
      ? "is not valid"
      : describe(issue, input, Object.keys(schema.shape), remedies);
  throw new PalimpsestError("E_CONFIG", `${at}: ${problem}`);
}

function describe(
  issue: z.core.$ZodIssue,
  input: unknown,
  known: readonly string[],
  remedies: Readonly<Record<string, string>>,
): string {
  const field = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const hint = didYouMean(key, known) || (known.length > 0 ? `; known: ${known.join(", ")}` : "");
    return `unknown field ${JSON.stringify(key)}${hint}`;
  }
  if (issue.code === "invalid_type" && isMissing(input, issue.path)) {
    const remedy = remedies[field] === undefined ? "" : `; set ${remedies[field]}`;
    return `the field ${JSON.stringify(field)} is missing (${expected(issue)})${remedy}`;
  }
  const what = issue.code === "invalid_type" ? `must be ${expected(issue)}` : issue.message;
  return field === "" ? what : `the field ${JSON.stringify(field)}: ${what}`;
}

function expected(issue: z.core.$ZodIssueInvalidType): string {
  if (issue.expected === "int") return "a whole number";
  return `${/^[aeiou]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`;
}

function isMissing(input: unknown, path: readonly PropertyKey[]): boolean {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return true;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value === undefined;
}
