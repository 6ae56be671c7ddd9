import { describe, expect, it } from "vitest";
import { entry, FakeSource, start } from "./fixtures/fake-source.ts";
import { makeContextStore } from "./make-context-store.ts";

describe("makeContextStore", () => {
  const source = new FakeSource([
    entry("hello", 1, { author: "ann" }),
    entry("hi", 2, { author: "bot", isThought: true }),
  ]);
  const context = makeContextStore({
    getCollections: async () => [source],
    resolveRole: ({ author }) => (author === "bot" ? "assistant" : "user"),
    resolveDisplayName: ({ author }) => String(author).toUpperCase(),
    formatTime: (ms) => `${(ms - start) / 60_000} min`,
  });

  it("leaves every text raw, or formats every one", async () => {
    expect(await context.compileContext()).toEqual([
      { role: "user", content: "hello" },
      { role: "assistant", content: "hi" },
    ]);
    expect(await context.compileContext({ formatAssistantMessages: true })).toEqual([
      { role: "user", content: "ANN said (1 min): hello" },
      { role: "assistant", content: "BOT thought (2 min): hi" },
    ]);
  });

  it("takes legacyQueryOrder for all calls", async () => {
    source.queries.length = 0;
    const older = makeContextStore({
      getCollections: () => [source],
      resolveRole: () => "user",
      resolveDisplayName: () => "x",
      legacyQueryOrder: true,
    });
    const [message] = await older.compileContext({
      texts: ["seed"],
      queryLimit: 2,
      formatAssistantMessages: true,
    });
    expect(source.queries[0]?.texts).toEqual(["hi", "hello"]);
    expect(message?.content).toBe("x said (2024-01-01T00:01:00.000Z): hello");
  });
});
