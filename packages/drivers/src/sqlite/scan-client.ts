// oxlint-disable unicorn/require-post-message-target-origin -- a worker thread has no origin
import { Worker } from "node:worker_threads";
import { type IndexHit, PalimpsestError } from "@palimpsest/core";
import type { QueryRequest } from "./query-requests.ts";
import type { WorkerAnswer, WorkerOptions } from "./scan-messages.ts";

interface Pending {
  readonly resolve: (hits: IndexHit[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Running {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  readonly exited: Promise<void>;
}

/** The worker runs from its TypeScript source where this module does, else from the built file. */
const fromSource = import.meta.url.endsWith(".ts");
const workerFile = new URL(fromSource ? "./scan-worker.ts" : "./scan-worker.mjs", import.meta.url);
const sourceFlags = ["--conditions=@palimpsest/source"];

export interface ScanClientOptions {
  readonly worker: WorkerOptions;
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Module that the worker runs. */
  readonly file?: URL | undefined;
}

/** Runs queries in a worker thread, started with the first one. */
export class ScanClient {
  readonly #options: WorkerOptions;
  readonly #file: URL;
  readonly #onWarning: (message: string) => void;
  #startFailure: unknown;
  #running: Running | undefined;
  #nextId = 1;
  #closing = false;

  constructor(options: ScanClientOptions) {
    this.#options = options.worker;
    this.#file = options.file ?? workerFile;
    this.#onWarning = options.onWarning ?? (() => {});
  }

  /** False once a worker could not start at all, as in a bundle that left its file out. */
  get isUsable(): boolean {
    return this.#startFailure === undefined;
  }

  /** @throws `E_UNAVAILABLE` when the worker dies; the next query starts a new one */
  query(request: QueryRequest, signal: AbortSignal | undefined): Promise<IndexHit[]> {
    const { worker, pending } = (this.#running ??= this.#start());
    const id = this.#nextId++;
    return new Promise<IndexHit[]>((resolve, reject) => {
      const abort = (): void => settle(() => reject(aborted(signal)));
      const settle = (finish: () => void): void => {
        pending.delete(id);
        signal?.removeEventListener("abort", abort);
        // A waiting query keeps the process alive, an idle worker does not.
        if (pending.size === 0 && !this.#closing) worker.unref();
        finish();
      };
      signal?.addEventListener("abort", abort);
      pending.set(id, {
        resolve: (hits) => settle(() => resolve(hits)),
        reject: (error) => settle(() => reject(error)),
      });
      worker.ref();
      worker.postMessage({ id, request });
    });
  }

  async close(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    // An idle worker does not keep the process alive, but its end must be waited for.
    this.#closing = true;
    running.worker.ref();
    running.worker.postMessage("close");
    await running.exited;
  }

  #start(): Running {
    const worker = new Worker(this.#file, {
      workerData: this.#options,
      // Scans leave much short-lived garbage, for which a young generation of any size is as good.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
      ...(fromSource && { execArgv: sourceFlags }),
    });
    const pending = new Map<number, Pending>();
    let cause: unknown;
    let ready = false;
    worker.on("message", (message: WorkerAnswer | "ready") => {
      if (message === "ready") ready = true;
      else settleAnswer(message, pending);
    });
    worker.on("error", (error) => (cause = error));
    const exited = new Promise<void>((resolve) => {
      worker.on("exit", () => {
        if (this.#running?.worker === worker) this.#running = undefined;
        if (!ready) this.#giveUp(cause);
        for (const { reject } of pending.values()) reject(died(this.#options.path, cause));
        resolve();
      });
    });
    return { worker, pending, exited };
  }

  #giveUp(cause: unknown): void {
    this.#startFailure = cause ?? "it ended at once";
    const reason = cause instanceof Error ? cause.message : String(this.#startFailure);
    this.#onWarning(
      `the scan worker cannot start (${reason}); large queries block the calling thread, with the same results`,
    );
  }
}

function settleAnswer(answer: WorkerAnswer, pending: ReadonlyMap<number, Pending>): void {
  const waiting = pending.get(answer.id);
  if ("hits" in answer) waiting?.resolve(answer.hits);
  else if (answer.code === undefined) waiting?.reject(new Error(answer.message));
  else waiting?.reject(new PalimpsestError(answer.code, answer.message));
}

function died(path: string, cause: unknown): PalimpsestError {
  return new PalimpsestError(
    "E_UNAVAILABLE",
    `the worker thread that scans ${path} died; repeat the query`,
    { cause },
  );
}

function aborted(signal: AbortSignal | undefined): PalimpsestError {
  return new PalimpsestError("E_ABORTED", "the operation was aborted by its signal", {
    cause: signal?.reason,
  });
}
