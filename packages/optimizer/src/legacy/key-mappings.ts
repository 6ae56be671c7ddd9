import { PalimpsestError } from "@palimpsest/core";

/** The 31 field names that LuminoraCore v1.2-lite shortens, in its order. */
export const KEY_MAPPINGS: Readonly<Record<string, string>> = Object.freeze({
  user_id: "uid",
  session_id: "sid",
  conversation_id: "cid",
  category: "cat",
  key: "k",
  value: "v",
  importance: "imp",
  confidence: "conf",
  timestamp: "ts",
  created_at: "cr",
  updated_at: "up",
  last_accessed: "la",
  source: "src",
  tags: "tags",
  metadata: "meta",
  affinity_score: "aff",
  affinity_level: "lvl",
  affinity_points: "pts",
  episode_id: "eid",
  episode_title: "title",
  episode_description: "desc",
  episode_summary: "sum",
  preferences: "pref",
  relationships: "rel",
  experiences: "exp",
  goals: "goal",
  characteristics: "char",
  knowledge: "know",
  communication_style: "style",
  context: "ctx",
  custom: "cust",
});

/** A one-to-one dictionary of long and short field names. */
export interface KeyDictionary {
  readonly short: ReadonlyMap<string, string>;
  readonly long: ReadonlyMap<string, string>;
}

/**
 * The 31 mappings and the caller's own, checked once: `long → short`.
 * @throws `E_CONFIG` when a name is taken, or could not be told from another one when read back
 */
export function keyDictionary(custom: Readonly<Record<string, string>> = {}): KeyDictionary {
  const short = new Map(Object.entries(KEY_MAPPINGS));
  const long = new Map(
    Object.entries(KEY_MAPPINGS).map(([name, abbreviation]) => [abbreviation, name]),
  );
  for (const [name, abbreviation] of Object.entries(custom)) {
    checkMapping(name, abbreviation, short, long);
    short.set(name, abbreviation);
    long.set(abbreviation, name);
  }
  return { short, long };
}

/** A custom mapping shortens one unmapped name to one unused, ordinary name. */
function checkMapping(
  name: string,
  abbreviation: unknown,
  short: ReadonlyMap<string, string>,
  long: ReadonlyMap<string, string>,
): void {
  const refuse = (why: string): never => {
    throw new PalimpsestError("E_CONFIG", `key mapping ${JSON.stringify(name)}: ${why}`);
  };
  if (typeof abbreviation !== "string" || !/^[A-Za-z_][\w-]*$/.test(abbreviation)) {
    refuse("the short name must be a letter or _ followed by letters, digits, _ or -");
  }
  const text = String(abbreviation);
  if (text === "__proto__") refuse("choose another short name than __proto__");
  if (short.has(name)) refuse(`is ${JSON.stringify(short.get(name))} in v1 already; leave it out`);
  if (long.has(name)) refuse("is itself a short name; it cannot be shortened");
  if (long.has(text))
    refuse(`${JSON.stringify(text)} already means ${JSON.stringify(long.get(text))}`);
  if (short.has(text)) refuse(`${JSON.stringify(text)} is itself a mapped name`);
}
