import { PalimpsestError, type VectorEngine } from "@palimpsest/core";
import { z } from "zod";
import type { DriverEntry } from "./driver-entry.ts";
import { storeDrivers, type StoreOptions } from "./store-drivers.ts";

/**
 * Options by driver name, for vectors beside a store of another engine. A new vector engine adds its
 * options here and one line below; an engine that keeps documents too is one of `store-drivers.ts`,
 * named here once more.
 */
export interface VectorsOptions extends Pick<StoreOptions, "memory" | "sqlite" | "postgres"> {
  readonly chroma: {
    /** `http://host:8000` or `https://…`; a password in it appears in no message. */
    readonly url: string;
    /** Beginning of the collections' names; two stores on one server need two. */
    readonly name?: string;
    readonly tenant?: string;
    readonly database?: string;
    /** Sent with every request; held in memory only. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Milliseconds to wait for one answer. */
    readonly timeout?: number;
  };
}

export type VectorDriverName = keyof VectorsOptions;

/** Every vector engine this version has, imported when first opened. */
export const vectorDrivers: {
  readonly [D in VectorDriverName]: DriverEntry<VectorsOptions[D], VectorEngine>;
} = {
  memory: storeDrivers.memory,
  sqlite: storeDrivers.sqlite,
  postgres: storeDrivers.postgres,
  chroma: {
    schema: z.strictObject({
      url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }),
      name: z.string().exactOptional(),
      tenant: z.string().exactOptional(),
      database: z.string().exactOptional(),
      headers: z.record(z.string(), z.string()).exactOptional(),
      timeout: z.int().min(1).exactOptional(),
    }),
    address: chromaAddress,
    open: async (options, { onWarning }) =>
      (await import("@palimpsest/drivers/chroma")).openChroma({ ...options, onWarning }),
  },
};

/** Drivers of schemes that are not a driver's name. */
export const schemeVectorDrivers: ReadonlyMap<string, VectorDriverName> = new Map([
  ["postgresql", "postgres"],
]);

/** Names that are part of the design but not of this version. */
export const plannedVectorDrivers: readonly string[] = ["qdrant", "pinecone"];

/** `chroma:http://host:8000`, and `?name=…&tenant=…&database=…` behind it. */
function chromaAddress(rest: string): Readonly<Record<string, unknown>> {
  const url = URL.parse(rest);
  if (url === null) {
    throw new PalimpsestError(
      "E_CONFIG",
      "the address chroma: names no server; write for example chroma:http://127.0.0.1:8000",
    );
  }
  const options = Object.fromEntries(url.searchParams);
  url.search = "";
  return { url: url.href.replace(/\/$/, ""), ...options };
}
