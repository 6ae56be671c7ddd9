import { fail } from "../cells/cell.ts";
import { type Column, keyName, restName } from "../columns/column.ts";

/** Refuses the columns that are no members of the records in any place but their own. */
export function checkColumns(columns: readonly Column[]): void {
  for (const [i, { name }] of columns.entries()) {
    if (name === keyName && i > 0) fail(`${keyName} is not the first column`);
    if (name === restName && i < columns.length - 1) fail(`${restName} is not the last column`);
  }
}
