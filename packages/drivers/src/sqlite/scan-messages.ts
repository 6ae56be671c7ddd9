import type { IndexHit, PalimpsestErrorCode } from "@palimpsest/core";
import type { QueryRequest } from "./query-requests.ts";

/** What the worker thread is started with. */
export interface WorkerOptions {
  readonly path: string;
  readonly lockTimeout: number;
  readonly cacheBytes: number;
  readonly useExtension: boolean;
}

export interface WorkerQuestion {
  readonly id: number;
  readonly request: QueryRequest;
}

export type WorkerAnswer =
  | { readonly id: number; readonly hits: IndexHit[] }
  | {
      readonly id: number;
      readonly message: string;
      readonly code: PalimpsestErrorCode | undefined;
    };
