import type { Embedder } from "@palimpsest/core";
import { z } from "zod";
import type { DriverEntry } from "./driver-entry.ts";

/** Options by driver name; a new embedder adds its options here and one line below. */
export interface EmbedderOptions {
  /** See `HashEmbedderOptions` for what each one does. */
  readonly hash: {
    readonly dimension?: number;
    readonly wordWeight?: number;
    readonly bigramWeight?: number;
    readonly ngramWeight?: number;
    readonly ngramMin?: number;
    readonly ngramMax?: number;
  };
  readonly "openai-compatible": {
    /** Up to and including the version, e.g. `https://api.openai.com/v1`. */
    readonly baseURL: string;
    readonly model: string;
    readonly dimension?: number;
    /** Held in memory only: never recorded by a store, never part of a message. */
    readonly apiKey?: string;
  };
  readonly ollama: {
    readonly baseURL?: string;
    readonly model: string;
    readonly dimension?: number;
  };
}

export type EmbedderDriverName = keyof EmbedderOptions;

const dimension = z.int().min(1).max(65_536).exactOptional();
const baseURL = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });
const model = z.string().min(1, "must name a model");

/** Every embedder this version has, imported when first opened. */
export const embedderDrivers: {
  readonly [D in EmbedderDriverName]: DriverEntry<EmbedderOptions[D], Embedder>;
} = {
  hash: {
    schema: z.strictObject({
      dimension,
      wordWeight: z.number().exactOptional(),
      bigramWeight: z.number().exactOptional(),
      ngramWeight: z.number().exactOptional(),
      ngramMin: z.int().exactOptional(),
      ngramMax: z.int().exactOptional(),
    }),
    open: async (options) => new (await import("@palimpsest/embedders/hash")).HashEmbedder(options),
  },
  "openai-compatible": {
    schema: z.strictObject({
      baseURL,
      model,
      dimension,
      apiKey: z.string().min(1, "must not be empty").exactOptional(),
    }),
    open: async (options) =>
      (await import("@palimpsest/embedders/openai-compatible")).openaiCompatibleEmbedder(options),
  },
  ollama: {
    schema: z.strictObject({ baseURL: baseURL.exactOptional(), model, dimension }),
    open: async (options) => (await import("@palimpsest/embedders/ollama")).ollamaEmbedder(options),
  },
};
