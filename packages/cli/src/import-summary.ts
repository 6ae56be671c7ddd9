import type { ImportReport } from "@palimpsest/migration";
import type { JsonlReport } from "./jsonl-import.ts";
import { labelled, type Row } from "./text-layout.ts";

/** An import's report for people: counts first, then what was lost or set aside, and why. */
export function describeImport(report: JsonlReport | ImportReport): string {
  const { read, imported, updated, unchanged, quarantined, verified, mismatches } = report;
  const rows: Row[] = [
    ["read", read],
    ["imported", imported],
    ["updated", updated],
    ["unchanged", unchanged],
    ["quarantined", quarantined],
    ["verified", verified],
    ["mismatches", mismatches],
  ];
  if (!("lossReasons" in report)) return labelled(rows);
  const { lossyInV1, redacted, lossReasons, quarantine } = report;
  rows.push(["lossy in v1", lossyInV1], ["redacted", redacted]);
  for (const [reason, count] of Object.entries(lossReasons)) rows.push([`  ${reason}`, count]);
  const refused = quarantine
    .slice(0, shown)
    .map(({ table, row, reason }) => `quarantined: ${table} ${JSON.stringify(row)}: ${reason}`);
  const more = quarantined > shown ? ["and more; --json lists the first 100"] : [];
  return [labelled(rows), ...refused, ...more].join("\n");
}

const shown = 10;
