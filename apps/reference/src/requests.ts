import { PalimpsestError } from "@palimpsest/core";
import type { RequestIdVariables } from "hono/request-id";

export type AppEnv = { Variables: RequestIdVariables };

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Hook of every router: what a schema refuses is the caller's error, with the field named. */
export function refuseInvalid(result: {
  readonly success: boolean;
  readonly target?: string;
  readonly error?: { readonly issues: readonly Issue[] };
}): void {
  if (result.success || result.error === undefined) return;
  const whole = result.target === "json" || result.target === undefined ? "body" : result.target;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.map(String).join(".") || whole}: ${issue.message}`,
  );
  throw new PalimpsestError("E_INVALID_INPUT", problems.join("; "));
}
