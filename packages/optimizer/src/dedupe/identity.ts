import type { JsonObject } from "@palimpsest/core";
import { checkJson } from "../json/check-json.ts";
import { isRecord } from "../json-kind.ts";
import { canonicalText } from "./canonical-text.ts";

/** Which fields say that two records are the same. */
export interface IdentityFields {
  /** Whose record it is. Always compared exactly; may be absent. @defaultValue `scope`, `user_id`, `userId` */
  readonly scope?: readonly string[];
  /** What the record is about; a record without one of them is only equal to its exact like. @defaultValue `category`, `key` */
  readonly subject?: readonly string[];
  /** What it says about it. @defaultValue `value` */
  readonly value?: readonly string[];
}

export const defaultIdentity: Required<IdentityFields> = {
  scope: ["scope", "user_id", "userId"],
  subject: ["category", "key"],
  value: ["value"],
};

/** A record's identity in parts; equal texts are equal parts. */
export interface Identity {
  readonly scope: string;
  /** Absent when the record lacks a field of the subject or of the value. */
  readonly subject?: string;
  readonly value: string;
}

export type Identified =
  | { readonly record: JsonObject; readonly identity: Identity }
  | { readonly reason: string };

/** The identity of one record, or why it has none: such a record is like no other. */
export function identify(
  record: unknown,
  fields: Required<IdentityFields>,
  folded: boolean,
): Identified {
  if (!isRecord(record)) return { reason: "is not a plain object" };
  try {
    return { record, identity: readIdentity(record, fields, folded) };
  } catch (error) {
    // Whatever a record throws when it is read, a getter of the caller's included, is its own affair.
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

function readIdentity(
  record: JsonObject,
  fields: Required<IdentityFields>,
  folded: boolean,
): Identity {
  checkJson(record);
  const whole = canonicalText(record);
  const scope = canonicalText(pick(record, fields.scope));
  const known =
    fields.subject.every((name) => Object.hasOwn(record, name) && record[name] !== null) &&
    fields.value.every((name) => Object.hasOwn(record, name));
  if (!known) return { scope, value: whole };
  return {
    scope,
    subject: canonicalText(pick(record, fields.subject), folded),
    value: canonicalText(pick(record, fields.value), folded),
  };
}

function pick(record: JsonObject, names: readonly string[]): JsonObject {
  const present = names.filter((name) => Object.hasOwn(record, name));
  return Object.fromEntries(present.map((name) => [name, record[name] ?? null]));
}
