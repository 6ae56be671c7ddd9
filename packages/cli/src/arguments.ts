import {
  type Filter,
  type JsonObject,
  type JsonValue,
  PalimpsestError,
  parseFilter,
  parseJsonText,
} from "@palimpsest/core";
import { InvalidArgumentError } from "commander";

/** An option's parser for whole numbers from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

/** @throws `E_INVALID_INPUT` for a filter that is no JSON or no filter */
export function filterArgument(text: string): Filter {
  return parseFilter(json(text, "--filter"), "--filter");
}

/** @throws `E_INVALID_INPUT` for anything but a JSON object */
export function metadataArgument(text: string): JsonObject {
  const value = json(text, "--metadata");
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new PalimpsestError("E_INVALID_INPUT", '--metadata must be a JSON object like {"a":1}');
}

function json(text: string, option: string): JsonValue {
  try {
    return parseJsonText(text);
  } catch (error) {
    throw new PalimpsestError(
      "E_INVALID_INPUT",
      `${option} is not valid JSON; quote it for your shell, for example ${option} '{…}'`,
      { cause: error },
    );
  }
}
