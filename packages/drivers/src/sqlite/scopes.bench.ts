// oxlint-disable no-console -- prints its table
/** Prints what the number of scopes costs: bytes of the file, ingest and queries of one scope. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { PutItem } from "@palimpsest/core";
import { openSqlite } from "./open-sqlite.ts";

const documents = 20_000;
const batch = 500;

function randomVector(dimension: number): Float32Array {
  return Float32Array.from({ length: dimension }, () => Math.random() - 0.5);
}

function randomWord(): string {
  return `w${Math.floor(Math.random() ** 2 * 5000)}`;
}

/** Forty words of which some are common. */
function randomText(): string {
  return Array.from({ length: 40 }, randomWord).join(" ");
}

function randomItem(i: number, scopes: number, dimension: number): PutItem {
  const document = {
    scope: `tenant-${i % scopes}`,
    id: `doc-${i}`,
    text: randomText(),
    metadata: { user: `u${i % 50}` },
    timestamp: i,
  };
  return { type: "put", document, vector: randomVector(dimension) };
}

async function medianMs(runs: number, operation: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await operation();
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

async function measure(
  folder: string,
  scopes: number,
  dimension: number,
): Promise<Record<string, number>> {
  const path = join(folder, `${scopes}-${dimension}.db`);
  const items = Array.from({ length: documents }, (_, i) => randomItem(i, scopes, dimension));
  const text = items.reduce((sum, { document }) => sum + Buffer.byteLength(document.text), 0);
  const engine = await openSqlite({ path });
  const vectors = await engine.openVectors({ dimension, modelId: "bench" });
  const start = performance.now();
  for (let i = 0; i < documents; i += batch) {
    await engine.documents.write(items.slice(i, i + batch));
  }
  const ingest = performance.now() - start;
  const scope = "tenant-0";
  const vectorMs = await medianMs(50, () =>
    vectors.query({ scope, vector: randomVector(dimension), k: 10 }),
  );
  const lexicalMs = await medianMs(50, () =>
    engine.lexical.query({ scope, text: randomText().slice(0, 30), k: 10 }),
  );
  await engine.close();
  return {
    dimension,
    scopes,
    "bytes/document over text": Math.round((statSync(path).size - text) / documents),
    "ingest µs/document": Math.round((ingest / documents) * 1000),
    "vector query ms": Number(vectorMs.toFixed(2)),
    "lexical query ms": Number(lexicalMs.toFixed(2)),
  };
}

/** Single-document commits per second under each durability. */
async function commits(folder: string, durability: "power" | "process"): Promise<number> {
  const engine = await openSqlite({ path: join(folder, `${durability}.db`), durability });
  const ms = await medianMs(300, () =>
    engine.documents.write([
      {
        type: "put",
        document: { scope: "", id: "a", text: randomText(), metadata: {}, timestamp: 1 },
      },
    ]),
  );
  await engine.close();
  return Math.round(1000 / ms);
}

const folder = mkdtempSync(join(tmpdir(), "palimpsest-scopes-"));
const rows = [];
for (const dimension of [384, 1024]) {
  for (const scopes of [1, 100, 10_000]) rows.push(await measure(folder, scopes, dimension));
}
console.table(rows);
console.table({
  "commits/s, power": await commits(folder, "power"),
  "commits/s, process": await commits(folder, "process"),
});
rmSync(folder, { recursive: true });
