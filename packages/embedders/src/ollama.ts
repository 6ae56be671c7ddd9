import type { Embedder } from "@palimpsest/core";
import { loadPeer } from "./remote/load-peer.ts";
import { checkOptions, type RemoteOptions } from "./remote/options.ts";
import { RemoteEmbedder } from "./remote/remote-embedder.ts";

export interface OllamaOptions extends RemoteOptions {
  /** The URL before `/embed`. Default `http://127.0.0.1:11434/api`. */
  readonly baseURL?: string;
  /** How long the server keeps the model loaded, such as "5m". Default: the server's. */
  readonly keepAlive?: string;
  /** Cut texts that are too long for the model; false makes the server refuse them. Default: the server's. */
  readonly truncate?: boolean;
}

/**
 * Embeds through an Ollama server's `POST /api/embed`. Needs `ollama-ai-provider-v2`.
 * @throws `E_INVALID_INPUT` for an option, `E_UNAVAILABLE` for a missing package or server,
 * `E_EMBEDDING_FAILED` for a model that is not pulled or an unusable answer, `E_DIMENSION_MISMATCH`,
 * `E_ABORTED`
 */
export async function ollamaEmbedder(options: OllamaOptions): Promise<Embedder> {
  const { keepAlive, truncate } = options;
  const checked = checkOptions(
    { ...options, baseURL: options.baseURL ?? "http://127.0.0.1:11434/api" },
    { parallel: 1 },
  );
  const { createOllama } = await loadPeer(() => import("ollama-ai-provider-v2"), {
    embedder: "ollama",
    install: "ollama-ai-provider-v2 ai zod",
  });
  const { baseURL, model, headers, fetch, dimension } = checked;
  const provider = createOllama({
    baseURL,
    ...(headers && { headers: { ...headers } }),
    ...(fetch && { fetch }),
  });
  const call = provider.embedding(model, {
    maxEmbeddingsPerCall: checked.batchSize,
    ...(checked.requestDimension === true && dimension !== undefined && { dimensions: dimension }),
    ...(keepAlive !== undefined && { keepAlive }),
    ...(truncate !== undefined && { truncate }),
  });
  const failure = {
    driver: "ollama",
    baseURL,
    model,
    secrets: Object.values(headers ?? {}),
    startRemedy: "start it with `ollama serve` or correct baseURL",
    missingRemedy: `run \`ollama pull ${model}\`, and check that baseURL ends in /api`,
  };
  return RemoteEmbedder.open({ call, options: checked, failure });
}
