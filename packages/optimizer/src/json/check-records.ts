import { PalimpsestError } from "@palimpsest/core";

/** @throws `E_INVALID_INPUT` for anything but a list: from JavaScript, types keep nothing out */
export function checkRecords(records: unknown): void {
  if (Array.isArray(records)) return;
  throw new PalimpsestError("E_INVALID_INPUT", "records must be a list");
}
