import type { Embedder } from "@palimpsest/core";
import { loadPeer } from "./remote/load-peer.ts";
import { checkOptions, type RemoteOptions } from "./remote/options.ts";
import { type EmbeddingCall, RemoteEmbedder } from "./remote/remote-embedder.ts";

export interface OpenaiCompatibleOptions extends RemoteOptions {
  /** The URL before `/embeddings`, such as `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** Sent as a bearer token; never recorded and cut out of error messages. */
  readonly apiKey?: string;
  /** Added to the URL of each request; never recorded and cut out of error messages. */
  readonly queryParams?: Readonly<Record<string, string>>;
}

/**
 * Embeds through any server with OpenAI's `POST /embeddings`. Needs `@ai-sdk/openai-compatible`.
 * @throws `E_INVALID_INPUT` for an option, `E_UNAVAILABLE` for a missing package or server,
 * `E_EMBEDDING_FAILED` for a refusal or an unusable answer, `E_DIMENSION_MISMATCH`, `E_ABORTED`
 */
export async function openaiCompatibleEmbedder(
  options: OpenaiCompatibleOptions,
): Promise<Embedder> {
  const checked = checkOptions(options, { parallel: 2 });
  const { createOpenAICompatible } = await loadPeer(() => import("@ai-sdk/openai-compatible"), {
    embedder: "openai-compatible",
    install: "@ai-sdk/openai-compatible zod",
  });
  const { baseURL, model, headers, fetch } = checked;
  const { apiKey, queryParams } = options;
  const provider = createOpenAICompatible({
    name: "palimpsest",
    baseURL,
    ...(apiKey !== undefined && { apiKey }),
    ...(headers && { headers: { ...headers } }),
    ...(queryParams && { queryParams: { ...queryParams } }),
    ...(fetch && { fetch }),
  });
  const embedding = provider.embeddingModel(model);
  const dimensions = checked.requestDimension === true ? checked.dimension : undefined;
  const call: EmbeddingCall = {
    doEmbed: (request) =>
      embedding.doEmbed({ ...request, ...(dimensions !== undefined && { dimensions }) }),
  };
  const failure = {
    driver: "openai-compatible",
    baseURL,
    model,
    secrets: [apiKey ?? "", ...Object.values(headers ?? {}), ...Object.values(queryParams ?? {})],
    startRemedy: "start it or correct baseURL",
    missingRemedy:
      "check the model's name, and that baseURL ends where /embeddings begins (often /v1)",
  };
  return RemoteEmbedder.open({ call, options: checked, failure });
}
