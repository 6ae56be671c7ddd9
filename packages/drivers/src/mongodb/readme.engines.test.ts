import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MongoClient } from "mongodb";
import { describe, expect, test } from "vitest";
import { testUrl } from "./fixtures/test-store.ts";

const example = new URL("./fixtures/readme-example.ts", import.meta.url);

describe.skipIf(testUrl === undefined)("the README", () => {
  test("has an example that does what it says", async () => {
    const readme = readFileSync(new URL("./README.md", import.meta.url), "utf8");
    expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(readFileSync(example, "utf8"));
    const url = new URL(testUrl as string);
    url.pathname = `/palimpsest_test_${randomUUID()}`;
    const args = ["--conditions=@palimpsest/source", "--no-warnings", fileURLToPath(example)];
    const env = { ...process.env, MONGODB_URL: url.href };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(stdout).toBe("written Ana drinks tea\n");
    const client = new MongoClient(url.href);
    await client.db(url.pathname.slice(1)).dropDatabase();
    await client.close();
  });
});
