import type { LuminoraSource } from "./open-luminora.ts";
import { parsePythonJson } from "./python-json.ts";

/** Which user a session belongs to, from the sessions table and v1's session_metadata facts. */
export function findSessionOwners(source: LuminoraSource): Map<string, string> {
  const owners = new Map<string, string>();
  for (const { shape, cells } of source.rows()) {
    const user = cells.get("user_id");
    if (typeof user !== "string") continue;
    if (shape.kind === "session") {
      const session = cells.get("session_id");
      if (typeof session === "string") owners.set(session, user);
    } else if (shape.kind === "fact" && cells.get("category") === "session_metadata") {
      const session = sessionOf(cells.get("value"));
      if (session !== undefined && !owners.has(session)) owners.set(session, user);
    }
  }
  return owners;
}

function sessionOf(value: unknown): string | undefined {
  const parsed = typeof value === "string" ? parsePythonJson(value)?.value : undefined;
  if (typeof parsed !== "object" || parsed === null || !("session_id" in parsed)) return undefined;
  return typeof parsed.session_id === "string" ? parsed.session_id : undefined;
}
