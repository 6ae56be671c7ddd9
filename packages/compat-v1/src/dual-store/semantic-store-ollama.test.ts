import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SemanticStore } from "./semantic-store.ts";

const dimension = 768;

let baseDir: string;
let server: Server;
let asked: { model: string; input: string[] }[];

beforeEach(async () => {
  baseDir = mkdtempSync(join(tmpdir(), "palimpsest-compat-"));
  asked = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as (typeof asked)[0];
      asked.push(body);
      const embeddings = body.input.map((text) => vectorOf(text));
      response.setHeader("content-type", "application/json");
      const durations = { total_duration: 1, load_duration: 1, prompt_eval_count: 1 };
      response.end(JSON.stringify({ model: body.model, embeddings, ...durations }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
  rmSync(baseDir, { recursive: true });
});

function vectorOf(text: string): number[] {
  return Array.from({ length: dimension }, (_, i) => (i === text.length ? 1 : 0));
}

async function closedPort(): Promise<number> {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  return port;
}

function open(ollamaUrl: string, env: Readonly<Record<string, string>> = {}) {
  return SemanticStore.create("x", "text", "createdAt", {
    primaryDriver: "sqlite",
    vectorDriver: "sqlite",
    baseDir,
    ollamaUrl,
    env,
    onWarning: () => undefined,
  });
}

it("takes documents while the embedding server is down, and indexes them later", async () => {
  const first = await open(`http://127.0.0.1:${await closedPort()}`);
  await first.insert({ id: "tea", text: "green tea" });
  expect(await first.getMostRecent(1)).toHaveLength(1);
  await first.cleanup();
  const { port } = server.address() as AddressInfo;
  await using second = await open(`http://127.0.0.1:${port}`, { EMBEDDING_TIMEOUT_MS: "5000" });
  await second.flush();
  expect((await second.getMostRelevant(["green tea"], 1))[0]?.id).toBe("tea");
  expect(new Set(asked.map(({ model }) => model))).toEqual(new Set(["nomic-embed-text"]));
});

it("refuses another model than the store was built with", async () => {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const first = await open(url);
  await first.insert({ text: "a" });
  await first.flush();
  await first.cleanup();
  await expect(open(url, { EMBEDDING_FUNCTION: "mxbai-embed-large" })).rejects.toMatchObject({
    code: expect.stringMatching(/^E_(?:MODEL|DIMENSION)_MISMATCH$/),
  });
});
