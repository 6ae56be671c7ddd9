// oxlint-disable unicorn/require-post-message-target-origin -- a worker thread has no origin
import { parentPort, workerData } from "node:worker_threads";
import { isPalimpsestError } from "@palimpsest/core";
import { Connection } from "./connection.ts";
import { loadVectorExtension } from "./load-extension.ts";
import { MatrixCache } from "./matrix-cache.ts";
import { QueryRunner } from "./query-runner.ts";
import type { WorkerAnswer, WorkerOptions, WorkerQuestion } from "./scan-messages.ts";

const port = parentPort;
if (port === null) throw new Error("this module runs as a worker thread only");
const options = workerData as WorkerOptions;
const connection = new Connection({ ...options, readOnly: true });
const hasExtension = options.useExtension && (await loadVectorExtension(connection)) === undefined;
const matrices = new MatrixCache(connection, options.cacheBytes);
const runner = new QueryRunner({ connection, matrices, hasExtension });

function answer({ id, request }: WorkerQuestion): WorkerAnswer {
  try {
    return { id, hits: runner.run(request) };
  } catch (error) {
    const code = isPalimpsestError(error) ? error.code : undefined;
    return { id, message: error instanceof Error ? error.message : String(error), code };
  }
}

port.on("message", (question: WorkerQuestion | "close") => {
  if (question !== "close") return port.postMessage(answer(question));
  connection.close();
  port.close();
});
port.postMessage("ready");
