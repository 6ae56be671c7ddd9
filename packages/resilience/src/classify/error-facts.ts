import type { HeaderLookup } from "./retry-after.ts";

/** What an error of any client tells about the answer of its upstream. */
export interface ErrorFacts {
  readonly status: number | undefined;
  readonly header: HeaderLookup;
  /** Codes and types of the error and of the body that came with it, the outermost first. */
  readonly codes: readonly string[];
  /** Milliseconds that a body asks to wait (`retryDelay` of google.rpc.RetryInfo, as text). */
  readonly retryDelay: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the shapes of the AI SDK, of provider SDKs, of fetch responses and of axios-like clients. */
export function factsOf(error: object): ErrorFacts {
  const fields = error as Fields;
  const response = asFields(fields["response"]);
  const sources = [fields["responseHeaders"], fields["headers"], response?.["headers"]];
  const bodies = bodiesOf(fields, response);
  return {
    status: statusOf(fields, response),
    header: (name) => findHeader(sources, name),
    codes: [fields, ...bodies].flatMap(codesOf),
    retryDelay: bodies.map(retryDelayOf).find((delay) => delay !== undefined),
  };
}

function statusOf(fields: Fields, response: Fields | undefined): number | undefined {
  const metadata = asFields(fields["$metadata"]);
  const candidates = [
    fields["statusCode"],
    fields["status"],
    response?.["status"],
    metadata?.["httpStatusCode"],
  ];
  return candidates.find(
    (value): value is number => typeof value === "number" && value >= 100 && value < 600,
  );
}

/** The parsed body and what is nested in it as `error`, which is where providers put code and type. */
function bodiesOf(fields: Fields, response: Fields | undefined): Fields[] {
  const body =
    asFields(fields["data"]) ?? parsed(fields["responseBody"]) ?? asFields(response?.["data"]);
  const found: Fields[] = [];
  for (const start of [body, asFields(fields["error"])]) {
    for (let level = start; level && found.length < 6; level = asFields(level["error"])) {
      found.push(level);
    }
  }
  return found;
}

function codesOf(fields: Fields): string[] {
  return [fields["code"], fields["type"]].filter((value) => typeof value === "string");
}

function retryDelayOf(body: Fields): string | undefined {
  const details: unknown = body["details"];
  if (!Array.isArray(details)) return undefined;
  const delays = details.map((detail) => asFields(detail)?.["retryDelay"]);
  return delays.find((delay) => typeof delay === "string");
}

function findHeader(sources: readonly unknown[], name: string): string | undefined {
  for (const source of sources) {
    const value = headerOf(source, name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function headerOf(source: unknown, name: string): string | undefined {
  const fields = asFields(source);
  if (!fields) return undefined;
  if (typeof fields["get"] === "function") {
    const value: unknown = fields["get"](name);
    return typeof value === "string" ? value : undefined;
  }
  const key = Object.keys(fields).find((candidate) => candidate.toLowerCase() === name);
  const value = key === undefined ? undefined : fields[key];
  if (typeof value === "string" || typeof value === "number") return String(value);
  return Array.isArray(value) && typeof value[0] === "string" ? value[0] : undefined;
}

/** A body that is no JSON (a proxy's page) has no code to read. */
function parsed(body: unknown): Fields | undefined {
  if (typeof body !== "string" || !body.trimStart().startsWith("{")) return undefined;
  try {
    return asFields(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}
