import type { JsonValue } from "@palimpsest/core";
import { isRawNumber, numberText } from "./raw-number.ts";

interface Frame {
  readonly value: object;
  /** Keys of an object; undefined for an array. */
  readonly keys: readonly string[] | undefined;
  readonly size: number;
  next: number;
}

/** Minified JSON of a checked value, at any depth, −0 and raw numbers as they are. */
export function writeJson(root: JsonValue): string {
  const parts: string[] = [];
  const frames: Frame[] = [];
  open(root);
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    if (frame.next === frame.size) {
      parts.push(frame.keys ? "}" : "]");
      frames.pop();
      continue;
    }
    if (frame.next > 0) parts.push(",");
    const key = frame.keys?.[frame.next] ?? frame.next;
    if (frame.keys) parts.push(JSON.stringify(key), ":");
    frame.next++;
    open(Reflect.get(frame.value, key) as JsonValue);
  }
  return parts.join("");

  function open(value: JsonValue): void {
    if (typeof value === "number" || isRawNumber(value)) {
      parts.push(numberText(value));
    } else if (typeof value !== "object" || value === null) {
      parts.push(JSON.stringify(value));
    } else {
      const keys = Array.isArray(value) ? undefined : Object.keys(value);
      parts.push(keys ? "{" : "[");
      frames.push({ value, keys, size: keys?.length ?? Number(value["length"]), next: 0 });
    }
  }
}
