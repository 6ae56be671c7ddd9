import type { DocumentsReport, ImportReport } from "@palimpsest/migration";
import { note, print, printJson } from "./host.ts";
import type { JsonlReport } from "./jsonl-import.ts";
import type { Session } from "./session.ts";
import { labelled, type Row } from "./text-layout.ts";

type Report = JsonlReport | ImportReport | DocumentsReport;

/** Prints the report; what is missing in the store ends the command with 1. */
export function finishImport(
  { host, exitWith }: Session,
  report: Report,
  { source, json }: { readonly source: string; readonly json: boolean | undefined },
): void {
  if (json) printJson(host, report);
  else print(host, describeImport(report));
  if (report.quarantined === 0 && report.mismatches === 0) return;
  note(host, `palimpsest: ${problems(report)} of ${source}; the report names them`);
  exitWith(1);
}

function problems({ quarantined, mismatches }: Report): string {
  return [
    ...(quarantined > 0 ? [`${quarantined} quarantined`] : []),
    ...(mismatches > 0 ? [`${mismatches} not matching`] : []),
  ].join(", ");
}

/** An import's report for people: counts first, then what was lost or set aside, and why. */
export function describeImport(report: Report): string {
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
  if (!("quarantine" in report)) return labelled(rows);
  if ("lossyInV1" in report) {
    rows.push(["lossy in v1", report.lossyInV1], ["redacted", report.redacted]);
  }
  const details = "lossReasons" in report ? report.lossReasons : report.notes;
  for (const [reason, count] of Object.entries(details)) rows.push([`  ${reason}`, count]);
  const { quarantine } = report;
  const refused = quarantine
    .slice(0, shown)
    .map(({ table, row, reason }) => `quarantined: ${table} ${JSON.stringify(row)}: ${reason}`);
  const more = quarantined > shown ? ["and more; --json lists the first 100"] : [];
  return [labelled(rows), ...refused, ...more].join("\n");
}

const shown = 10;
