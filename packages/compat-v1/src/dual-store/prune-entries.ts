import { checkCount, invalid } from "./arguments.ts";
import type { Session } from "./session.ts";

/** What to keep; with both, an entry goes that breaks either. */
export interface PruneRule {
  /** Entries older than this many milliseconds go. */
  readonly olderThanMs?: number;
  /** At most this many stay, the newest. */
  readonly keepNewest?: number;
  /** Only counts. */
  readonly dryRun?: boolean;
}

/** @throws `E_INVALID_INPUT` for a rule that keeps nothing back */
export async function pruneEntries(session: Session, rule: PruneRule): Promise<number> {
  const { olderThanMs, keepNewest } = rule;
  if (olderThanMs === undefined && keepNewest === undefined) {
    throw invalid("pass `olderThanMs` or `keepNewest`; to erase everything use purge");
  }
  if (olderThanMs !== undefined) checkCount(olderThanMs, "olderThanMs", 0);
  if (keepNewest !== undefined) checkCount(keepNewest, "keepNewest", 0);
  const now = (session.options.time ?? Date.now)();
  const entries: { readonly id: string; readonly timestamp: number }[] = [];
  for await (const { id, timestamp } of session.store.scan()) entries.push({ id, timestamp });
  entries.sort((a, b) => b.timestamp - a.timestamp);
  const gone = entries.filter(
    ({ timestamp }, place) =>
      (olderThanMs !== undefined && timestamp < now - olderThanMs) ||
      (keepNewest !== undefined && place >= keepNewest),
  );
  if (rule.dryRun === true) return gone.length;
  let removed = 0;
  for (const { id } of gone) if (await session.store.delete({ id })) removed++;
  return removed;
}
