import { PalimpsestError } from "@palimpsest/core";

/** What every embedder behind an HTTP server understands. */
export interface RemoteOptions {
  /** The model's name as the server knows it. */
  readonly model: string;
  /** Length of the vectors; checked against the server's. Default: what the probe finds. */
  readonly dimension?: number;
  /** Ask the server to shorten its vectors to `dimension`; only some models can. Default false. */
  readonly requestDimension?: boolean;
  /** Embed one word at open to learn the dimension and to fail early. Default true; false needs `dimension`. */
  readonly probe?: boolean;
  /** Sent with each request; never recorded and cut out of error messages. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Texts per request. Default 64. */
  readonly batchSize?: number;
  /** Requests at a time. Default 2; Ollama 1. */
  readonly parallel?: number;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Ends the probe at open. */
  readonly signal?: AbortSignal;
}

export interface CheckedOptions extends RemoteOptions {
  readonly baseURL: string;
  readonly batchSize: number;
  readonly parallel: number;
}

/** @throws `E_INVALID_INPUT` naming the option and what it takes */
export function checkOptions(
  options: RemoteOptions & { readonly baseURL: string },
  defaults: { readonly parallel: number },
): CheckedOptions {
  const {
    dimension,
    probe,
    requestDimension,
    batchSize = 64,
    parallel = defaults.parallel,
  } = options;
  if (typeof options.model !== "string" || options.model.trim() === "") {
    throw invalid("model is empty; pass the model's name as the server knows it");
  }
  if (dimension !== undefined) checkInteger("dimension", dimension, 65_536);
  checkInteger("batchSize", batchSize, 2048);
  checkInteger("parallel", parallel, 64);
  if (dimension === undefined && (probe === false || requestDimension === true)) {
    const option = probe === false ? "probe: false" : "requestDimension: true";
    throw invalid(`${option} needs a dimension; pass the length of the model's vectors`);
  }
  return { ...options, baseURL: checkBaseURL(options.baseURL), batchSize, parallel };
}

function checkBaseURL(baseURL: string): string {
  if (typeof baseURL !== "string" || !URL.canParse(baseURL)) {
    throw invalid(
      `baseURL ${String(baseURL)} is not a URL; pass one like http://127.0.0.1:8080/v1`,
    );
  }
  const url = new URL(baseURL);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalid(`baseURL ${baseURL} is not an http: or https: URL`);
  }
  // Settings record the URL, so what may be secret must not be in it; fetch refuses the first anyway.
  if (url.username !== "" || url.password !== "") {
    throw invalid(`baseURL ${url.origin} holds a user or password; pass them as headers instead`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw invalid(
      `baseURL ${url.origin}${url.pathname} holds a query or fragment; pass the URL up to the path that ends before /embed…, and the query as queryParams`,
    );
  }
  return baseURL.replace(/\/+$/, "");
}

function checkInteger(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw invalid(`${name} is ${String(value)}; pass a whole number from 1 to ${most}`);
  }
}

function invalid(message: string): PalimpsestError {
  return new PalimpsestError("E_INVALID_INPUT", message);
}
