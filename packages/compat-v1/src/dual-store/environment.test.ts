import { describe, expect, it } from "vitest";
import { type DualStoreSettings, readSettings } from "./environment.ts";
import { coerceTime, timeEncoding } from "./timestamp.ts";

const read = (env: Record<string, string>): DualStoreSettings => readSettings({ env });

describe("settings from v1's environment", () => {
  it("has v1's defaults", () => {
    expect(read({})).toMatchObject({
      agentName: "duck",
      databaseName: "database",
      mongoUri: "mongodb://localhost:27017",
      chromaUrl: "http://localhost:8000",
      consistency: "eventual",
      dualWriteEnabled: true,
      embeddingDriver: "ollama",
      embeddingFunction: "nomic-embed-text",
      embeddingTimeoutMs: 10_000,
    });
  });

  it("takes the second address only without the first", () => {
    expect(read({ MCP_MONGO_URI: "mongodb://b" }).mongoUri).toBe("mongodb://b");
    expect(read({ MONGODB_URI: "mongodb://a", MCP_MONGO_URI: "mongodb://b" }).mongoUri).toBe(
      "mongodb://a",
    );
  });

  it("keeps v1's odd cases: an empty agent name, a timeout of 0, anything but false", () => {
    expect(read({ AGENT_NAME: "" }).agentName).toBe("");
    expect(read({ EMBEDDING_TIMEOUT_MS: "0" }).embeddingTimeoutMs).toBeUndefined();
    expect(read({ EMBEDDING_TIMEOUT_MS: "junk" }).embeddingTimeoutMs).toBe(10_000);
    expect(read({ DUAL_WRITE_ENABLED: "FALSE" }).dualWriteEnabled).toBe(false);
    expect(read({ DUAL_WRITE_ENABLED: "0" }).dualWriteEnabled).toBe(true);
  });

  it("fails when two variables disagree, and not when they agree", () => {
    const both = { DUAL_WRITE_CONSISTENCY: "strict", CONSISTENCY_MODE: "eventual" };
    expect(() => read(both)).toThrow(/DUAL_WRITE_CONSISTENCY.*CONSISTENCY_MODE/);
    expect(read({ ...both, CONSISTENCY_MODE: "STRICT" }).consistency).toBe("strict");
    expect(() => read({ CONSISTENCY_MODE: "maybe" })).toThrow(/CONSISTENCY_MODE/);
  });

  it("makes the documented queue variables work, and refuses junk in them", () => {
    expect(
      read({ CHROMA_QUEUE_BATCH_SIZE: "3", CHROMA_QUEUE_ENABLED: "false" }).queue,
    ).toMatchObject({
      batchSize: 3,
      enabled: false,
    });
    expect(() => read({ CHROMA_QUEUE_MAX_RETRIES: "many" })).toThrow(/CHROMA_QUEUE_MAX_RETRIES/);
  });
});

describe("times of older rows", () => {
  it.each([
    [5.4, 5, "epochMs"],
    [new Date(7), 7, "date"],
    ["1970-01-01T00:00:01.000Z", 1_000, "iso"],
    ['"1970-01-01T00:00:01.000Z"', 1_000, "quotedIso"],
    [undefined, undefined, "absent"],
    [null, undefined, "absent"],
    ["soon", undefined, "invalid"],
    [Number.NaN, undefined, "invalid"],
    ["", undefined, "invalid"],
    [{}, undefined, "invalid"],
  ])("%s is %s, as %s", (value, time, encoding) => {
    expect(coerceTime(value)).toBe(time);
    expect(timeEncoding(value)).toBe(encoding);
  });
});
