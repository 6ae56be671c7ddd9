import { PalimpsestError } from "@palimpsest/core";
import { shown } from "../value-words.ts";

/** @throws `E_INVALID_INPUT` for anything but a string: from JavaScript, types keep nothing out */
export function checkText(text: unknown): void {
  if (typeof text === "string") return;
  throw new PalimpsestError("E_INVALID_INPUT", `the text must be a string, not ${shown(text)}`);
}
