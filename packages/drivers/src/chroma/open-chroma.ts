import { PalimpsestError } from "@palimpsest/core";
import type { ChromaClientLike } from "./chroma-client.ts";
import { ChromaEngine } from "./chroma-engine.ts";
import { Collections } from "./collections.ts";
import { Requests } from "./requests.ts";

interface CommonOptions {
  /**
   * Beginning of the collections' names: letters, digits, `.`, `_`, `-`. Two stores on one server
   * need two names. @defaultValue `"palimpsest"`
   */
  readonly name?: string;
  /** Milliseconds to wait for one answer. @defaultValue 30,000 */
  readonly timeout?: number;
  /** Candidates that a query keeps, when a collection is created: more find more and take longer. @defaultValue 200 */
  readonly efSearch?: number;
  /** Told in one sentence when something works in a weaker way. */
  readonly onWarning?: (message: string) => void;
}

export interface ChromaServerOptions extends CommonOptions {
  /** `http://host:8000` or `https://…`; a user and password in it are sent as basic authentication. */
  readonly url: string;
  /** @defaultValue `"default_tenant"` */
  readonly tenant?: string;
  /** @defaultValue `"default_database"` */
  readonly database?: string;
  /** Sent with every request, e.g. `{"x-chroma-token": "…"}`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly client?: never;
}

export interface ChromaClientOptions extends CommonOptions {
  /** Your own `ChromaClient`, with its tenant and database. */
  readonly client: ChromaClientLike;
  readonly url?: never;
}

export type ChromaOptions = ChromaServerOptions | ChromaClientOptions;

/**
 * Vectors in a Chroma server, for documents that are kept elsewhere. Nothing is sent before the
 * first `openVectors`.
 * @throws `E_CONFIG` naming the option
 */
export async function openChroma(options: ChromaOptions): Promise<ChromaEngine> {
  const { name = "palimpsest", timeout = 30_000, efSearch = 200, onWarning } = options;
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{2,199}$/.test(name) || name.includes("..")) {
    throw config(
      `name must be 3 to 200 letters, digits, ".", "_" or "-", beginning with a letter or digit, got ${JSON.stringify(name)}`,
    );
  }
  checkWhole(timeout, "timeout");
  checkWhole(efSearch, "efSearch");
  const { client, label } =
    options.client === undefined
      ? await connect(options)
      : { client: options.client, label: "Chroma" };
  const requests = new Requests(label, timeout);
  const collections = new Collections({ client, requests, name, efSearch, onWarning });
  return new ChromaEngine(client, requests, collections);
}

async function connect(
  options: ChromaServerOptions,
): Promise<{ client: ChromaClientLike; label: string }> {
  const url = parseUrl(options.url);
  const { ChromaClient } = await import("chromadb").catch((error: unknown) => {
    throw new PalimpsestError(
      "E_CONFIG",
      "the package chromadb is not installed; run npm i chromadb",
      { cause: error },
    );
  });
  const ssl = url.protocol === "https:";
  const { tenant = "default_tenant", database = "default_database" } = options;
  const client = new ChromaClient({
    host: url.hostname,
    port: url.port === "" ? (ssl ? 443 : 80) : Number(url.port),
    ssl,
    tenant,
    database,
    headers: { ...basicAuthentication(url), ...options.headers },
  });
  return { client, label: `Chroma at ${url.protocol}//${url.host}` };
}

function parseUrl(text: string): URL {
  const url = typeof text === "string" ? URL.parse(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw config("url must be http://host:port or https://host:port");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw config("url must end after host and port: Chroma's client knows no path");
  }
  return url;
}

/** `fetch` refuses an address with credentials in it. */
function basicAuthentication({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

function checkWhole(value: number, name: string): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw config(`${name} must be a whole number from 1 on, got ${value}`);
}

function config(message: string): PalimpsestError {
  return new PalimpsestError("E_CONFIG", message);
}
