import type { FieldCost, MeasuredStep } from "@palimpsest/optimizer";
import { barTable } from "./bar-table.ts";

/** What the records cost in each form. */
export function stepTable(steps: readonly MeasuredStep[], width: number | undefined): string {
  const rows = steps.map(({ name, tokens, change }) => ({
    cells: [name, whole(tokens), name === "minified" ? "" : percent(change, true)],
    value: tokens,
  }));
  return barTable(["form", "tokens", "change"], rows, width);
}

/** What each field costs in minified JSON. */
export function fieldTable(fields: readonly FieldCost[], width: number | undefined): string {
  const rows = fields.map(({ field, keyTokens, valueTokens, share, saved }) => ({
    cells: [
      field === "" ? '""' : field,
      whole(keyTokens),
      whole(valueTokens),
      percent(share, false),
      saved === undefined ? "" : whole(saved),
    ],
    value: keyTokens + valueTokens,
  }));
  return barTable(["field", "keys", "values", "share", "saves"], rows, width);
}

function whole(count: number): string {
  return count.toLocaleString("en");
}

function percent(fraction: number, signed: boolean): string {
  const format = new Intl.NumberFormat("en", {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    signDisplay: signed ? "exceptZero" : "auto",
  });
  return format.format(fraction).replace("-", "−");
}
