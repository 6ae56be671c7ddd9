import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MongoClient } from "mongodb";
import { describe, expect, it } from "vitest";
import { hasServers, TestDeployment } from "./fixtures/test-family.ts";

const example = new URL("./fixtures/readme-example.ts", import.meta.url);

describe.skipIf(!hasServers)("the README's first example", () => {
  it("runs on v1's own variables and prints what its comment says", async () => {
    const source = readFileSync(example, "utf8");
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(source);
    const deployment = new TestDeployment();
    const { mongoUri = "", chromaUrl = "" } = deployment.options();
    const ollama = createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        const answer = { model: "m", embeddings: [[1, 0]], total_duration: 1, load_duration: 1 };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ ...answer, prompt_eval_count: 1 }));
      });
    });
    await new Promise<void>((resolve) => ollama.listen(0, "127.0.0.1", resolve));
    try {
      const env = {
        MONGODB_URI: mongoUri,
        CHROMA_URL: chromaUrl,
        AGENT_NAME: deployment.agent,
        EMBEDDING_FUNCTION: "m",
        OLLAMA_URL: `http://127.0.0.1:${(ollama.address() as AddressInfo).port}`,
      };
      const args = ["--conditions=@palimpsest/source", "--no-warnings", fileURLToPath(example)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      expect(stdout).toBe("the cat sat 1\n");
    } finally {
      ollama.close();
      ollama.closeAllConnections();
      await dropFamily(mongoUri, deployment.family("sessions"));
      await deployment.dispose();
    }
  });
});

/** The example writes where v1 did: in the database "database". */
async function dropFamily(uri: string, family: string): Promise<void> {
  const client = await new MongoClient(uri).connect();
  const database = client.db("database");
  for (const { name } of await database.listCollections().toArray()) {
    if (name === family || name.startsWith(`${family}.`)) await database.dropCollection(name);
  }
  await client.close();
}
