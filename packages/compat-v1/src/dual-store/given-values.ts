import { PalimpsestError } from "@palimpsest/core";

/** A setting and who set it. */
export interface Given<T> {
  readonly value: T;
  /** The field or variable, for messages. */
  readonly at: string;
  readonly fromEnvironment: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * One setting that may be given under several names.
 * @throws `E_CONFIG` naming two that disagree; never their values, which may be secrets
 */
export function agreed<T>(
  ...fields: readonly (readonly [string, T | undefined])[]
): Given<T> | undefined {
  const [first, ...others] = fields.filter(([, value]) => value !== undefined);
  if (first === undefined) return undefined;
  const [at, value] = first;
  const other = others.find(([, each]) => each !== value);
  if (other !== undefined) {
    throw new PalimpsestError(
      "E_CONFIG",
      `${at} and ${other[0]} disagree; set one of them, or both alike`,
    );
  }
  return { value: value as T, at: `config.${at}`, fromEnvironment: false };
}

/** The first of these variables that is set to something. */
export function variable(env: Environment, ...names: readonly string[]): Given<string> | undefined {
  for (const name of names) {
    const value = env[name]?.trim();
    if (value) return { value, at: name, fromEnvironment: true };
  }
  return undefined;
}

/** @throws `E_CONFIG` naming the variable */
export function wholeVariable(env: Environment, name: string): Given<number> | undefined {
  const given = variable(env, name);
  if (given === undefined) return undefined;
  if (/^\d{1,9}$/.test(given.value)) return { ...given, value: Number(given.value) };
  throw new PalimpsestError("E_CONFIG", `${name} must be a whole number`);
}

/** Fields that are undefined left out. */
export function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as never;
}
