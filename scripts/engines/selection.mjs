import { chroma } from "./chroma.mjs";
import { mongodb } from "./mongodb.mjs";
import { postgres } from "./postgres.mjs";
import { redis } from "./redis.mjs";

const engines = [postgres, mongodb, chroma, redis];

/** The engines that `ENGINES=a,b` names; all without it. */
export function selectedEngines() {
  const wanted =
    process.env.ENGINES?.split(",")
      .map((name) => name.trim())
      .filter(Boolean) ?? [];
  const known = engines.map(({ name }) => name);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`ENGINES names ${unknown.join(", ")}; known are ${known.join(", ")}`);
  }
  return wanted.length === 0 ? engines : engines.filter(({ name }) => wanted.includes(name));
}

/** What tests read the address of an engine from. */
export const testVariable = ({ name }) => `PALIMPSEST_TEST_${name.toUpperCase()}_URL`;

/** The address of an engine that the caller runs already. */
export function givenUrl(engine) {
  const names = [...engine.urlVariables, testVariable(engine)];
  return names.map((name) => process.env[name]).find(Boolean);
}
