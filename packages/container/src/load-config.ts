import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { PalimpsestError, parseJsonText } from "@palimpsest/core";
import type { ConfigInput, PalimpsestConfig } from "./config.ts";
import { combineSources, explicitSource, type Source } from "./parse-config.ts";
import { isRecord } from "./record.ts";

export interface LoadConfigOptions {
  /** Wins over everything else. */
  readonly explicit?: ConfigInput;
  /** @defaultValue `process.env` */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A JSON file with the fields of `ConfigInput`. @defaultValue `PALIMPSEST_CONFIG`, else none */
  readonly file?: string;
  /** Where relative paths start, except those in the file: they start at its folder. @defaultValue the working folder */
  readonly baseDir?: string;
}

const variables: Readonly<Record<keyof ConfigInput, string>> = {
  store: "PALIMPSEST_STORE",
  vectors: "PALIMPSEST_VECTORS",
  embedder: "PALIMPSEST_EMBEDDER",
  consistency: "PALIMPSEST_CONSISTENCY",
  allowEmpty: "PALIMPSEST_ALLOW_EMPTY",
};

/**
 * Explicit values win over the environment, the environment over the file, the file over defaults.
 * @throws `E_CONFIG` naming the setting and its remedy, `E_UNSUPPORTED` for an engine of a later
 * version, `E_NOT_FOUND` for a missing file
 */
export function loadConfig(options: LoadConfigOptions = {}): PalimpsestConfig {
  const { explicit = {}, env = process.env, baseDir = process.cwd() } = options;
  const file = options.file ?? env["PALIMPSEST_CONFIG"];
  const sources: Source[] = [
    explicitSource(explicit, baseDir),
    {
      input: fromEnv(env),
      name: "the environment",
      baseDir,
      label: (field) => variables[field],
    },
  ];
  if (file) sources.push(fromFile(resolve(baseDir, file)));
  return combineSources(sources, baseDir);
}

function fromEnv(env: NonNullable<LoadConfigOptions["env"]>): object {
  const value = (name: string): string | undefined => env[name] || undefined;
  const embedder = withoutUndefined({
    driver: value("PALIMPSEST_EMBEDDER"),
    baseURL: value("PALIMPSEST_EMBEDDER_URL"),
    model: value("PALIMPSEST_EMBEDDER_MODEL"),
    dimension: wholeNumber("PALIMPSEST_EMBEDDER_DIMENSION", value),
    apiKey: value("PALIMPSEST_EMBEDDER_API_KEY"),
  });
  return withoutUndefined({
    store: value(variables.store),
    vectors: value(variables.vectors),
    embedder: Object.keys(embedder).length > 0 ? embedder : undefined,
    consistency: value(variables.consistency),
    allowEmpty: value(variables.allowEmpty),
  });
}

function wholeNumber(
  name: string,
  value: (name: string) => string | undefined,
): number | undefined {
  const text = value(name);
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? text : Number(text);
  throw new PalimpsestError("E_CONFIG", `${name} must be a whole number`);
}

function fromFile(path: string): Source {
  const input = readJson(path);
  if (!isRecord(input)) {
    throw new PalimpsestError("E_CONFIG", `${path} must hold a JSON object`);
  }
  return { input, name: path, baseDir: dirname(path), label: (field) => `${path}: ${field}` };
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new PalimpsestError(
      reason === "ENOENT" ? "E_NOT_FOUND" : "E_CONFIG",
      `cannot read the configuration file ${path} (${reason}); check its path and permissions`,
      { cause: error },
    );
  }
  try {
    return parseJsonText(text);
  } catch {
    // The parser's own message quotes the file, which may hold a key.
    throw new PalimpsestError("E_CONFIG", `${path} is not valid JSON; check it with a JSON linter`);
  }
}

function withoutUndefined(object: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
