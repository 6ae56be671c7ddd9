import { describe, expect, it, vi } from "vitest";
import { collectionCount, createCollection, createContextStore } from "./context-actions.ts";
import * as actions from "./context-actions.ts";
import { ContextStore } from "./context-store.ts";
import { entry, FakeSource, filled, start, storeOf } from "./fixtures/fake-source.ts";

function emptyState() {
  return createContextStore<FakeSource>(undefined, undefined, {
    open: async () => new FakeSource(),
  });
}

describe("collections", () => {
  it("refuses a name that is taken and one that is unknown, in v1's words", async () => {
    const store = storeOf({});
    const created = await store.createCollection("a", "text", "createdAt");
    await expect(store.createCollection("a", "text", "createdAt")).rejects.toThrow(
      "Collection a already exists",
    );
    expect(store.getCollection("a")).toBe(created);
    expect(() => store.getCollection("b")).toThrow("Collection b does not exist");
    expect(store.listCollectionNames()).toEqual(["a"]);
  });

  it("reuses a collection and creates a missing one with v1's default keys", async () => {
    const open = vi.fn(async () => new FakeSource());
    const store = new ContextStore<FakeSource>(undefined, undefined, { open });
    const [first, second] = await Promise.all([
      store.getOrCreateCollection("a"),
      store.getOrCreateCollection("a"),
    ]);
    expect(second).toBe(first);
    expect(await store.getOrCreateCollection("a")).toBe(first);
    expect(open.mock.calls).toEqual([["a", "text", "timestamp"]]);
  });

  it("keeps both of two that are created at a time (defect 19)", async () => {
    const state = createContextStore<FakeSource>(undefined, undefined, {
      open: async () => new FakeSource(),
    });
    const [[one], [two, b]] = await Promise.all([
      createCollection(state, "a", "text", "createdAt"),
      createCollection(state, "b", "text", "createdAt"),
    ]);
    for (const each of [state, one, two]) expect([...each.collections.keys()]).toEqual(["a", "b"]);
    expect(collectionCount(state)).toBe(2);
    expect(actions.getCollection(state, "b")).toBe(b);
  });

  it("frees a name whose opening failed", async () => {
    const open = vi.fn<() => Promise<FakeSource>>(async () => new FakeSource());
    open.mockRejectedValueOnce(new Error("server down"));
    const store = new ContextStore<FakeSource>(undefined, undefined, { open });
    await expect(store.createCollection("a", "text", "createdAt")).rejects.toThrow("server down");
    expect(store.collectionCount()).toBe(0);
    await store.createCollection("a", "text", "createdAt");
    expect(store.collectionCount()).toBe(1);
  });

  it("closes what it opened", async () => {
    const closed: string[] = [];
    const store = new ContextStore<FakeSource>(undefined, undefined, {
      open: async (name) =>
        Object.assign(new FakeSource(), { [Symbol.asyncDispose]: async () => closed.push(name) }),
    });
    await store.createCollection("a", "text", "createdAt");
    await store[Symbol.asyncDispose]();
    expect(closed).toEqual(["a"]);
  });

  it("collects from all collections and hands the condition on", async () => {
    const [a, b] = [new FakeSource([entry("one", 1)]), new FakeSource([entry("two", 2)])];
    const store = storeOf({ a, b });
    await store.createCollection("a", "text", "createdAt");
    await store.getOrCreateCollection("b");
    const latest = await store.getLatestDocuments(5);
    expect(latest.map(({ text }) => text)).toEqual(["one", "two"]);
    const related = await store.getAllRelatedDocuments(["q"], 7, { source: "x" });
    expect(related).toHaveLength(2);
    const query = { texts: ["q"], limit: 7, where: { source: "x" } };
    expect([a.queries, b.queries]).toEqual([[query], [query]]);
    expect(await store.getAllRelatedDocuments(["q"])).toHaveLength(2);
    expect(a.queries[1]?.limit).toBe(100);
  });
});

describe("compileContext", () => {
  const image = entry("https://example.org/a.png", 3, {
    type: "image",
    caption: "a duck",
    userName: "Ann",
  });
  const chat = [
    entry("hello", 1, { userName: "Ann" }),
    entry("hi Ann", 2, { userName: "Duck" }),
    image,
    entry("so quiet", 4, { userName: "Duck", isThought: true }),
    entry("who?", 5),
  ];

  it("tells who said what when, oldest first", async () => {
    const store = await filled(new FakeSource(chat));
    expect(await store.compileContext({ texts: ["seed"], formatAssistantMessages: true })).toEqual([
      { role: "user", content: "Ann said (2024-01-01T00:01:00.000Z): hello" },
      { role: "assistant", content: "Duck said (2024-01-01T00:02:00.000Z): hi Ann" },
      { role: "user", content: "a duck", images: ["https://example.org/a.png"] },
      { role: "system", content: "Duck thought (2024-01-01T00:04:00.000Z): so quiet" },
      { role: "user", content: "Unknown user said (2024-01-01T00:05:00.000Z): who?" },
    ]);
  });

  it("takes v1's positions alike, and asks for images", async () => {
    const source = new FakeSource(chat);
    const store = await filled(source);
    const messages = await store.compileContext(["seed question"], 2, 3, 5, true);
    expect(source.queries.map(({ where }) => where)).toEqual([undefined, { type: "image" }]);
    expect(source.queries.every(({ limit }) => limit === 5)).toBe(true);
    expect(messages.filter(({ images }) => images)).toHaveLength(1);
    expect(messages.find(({ role }) => role === "assistant")?.content).toMatch(/Duck said/);
    const options = {
      texts: ["seed question"],
      recentLimit: 2,
      queryLimit: 3,
      limit: 5,
      formatAssistantMessages: true,
    };
    expect(await store.compileContext(options)).toEqual(messages);
    expect(await actions.compileContext(emptyState(), options)).toEqual([]);
  });

  it("leaves the assistant's texts raw unless told otherwise", async () => {
    const store = await filled(new FakeSource(chat));
    const contents = (await store.compileContext()).map(({ content }) => content);
    expect(contents).toContain("hi Ann");
    expect(contents).toContain("Duck thought (2024-01-01T00:04:00.000Z): so quiet");
  });

  it("names another assistant and formats times as told", async () => {
    const store = new ContextStore<FakeSource>((ms) => `+${ms - start}`, "Robin", {
      open: async () => new FakeSource([entry("a", 1, { userName: "Robin" }), chat[1] as never]),
    });
    await store.getOrCreateCollection("x");
    expect(await store.compileContext({ formatAssistantMessages: true })).toEqual([
      { role: "assistant", content: "Robin said (+60000): a" },
      { role: "user", content: "Duck said (+120000): hi Ann" },
    ]);
  });

  it("tells equal texts once, by the related entry", async () => {
    const source = new FakeSource([entry("same", 9, { userName: "late" })]);
    source.related = [entry("same", 1, { userName: "early" })];
    const messages = await (await filled(source)).compileContext(["q"]);
    expect(messages).toEqual([
      { role: "user", content: "early said (2024-01-01T00:01:00.000Z): same" },
    ]);
  });

  it("shows a related image only when the image query finds it, without caption if it has none", async () => {
    const source = new FakeSource([]);
    source.related = [entry("a.png", 1, { type: "image" })];
    const store = await filled(source);
    expect(await store.compileContext(["q"])).toEqual([]);
    source.entries.push(entry("b.png", 2, { type: "image", caption: 7 as never }));
    expect(await store.compileContext(["q"])).toEqual([
      { role: "user", content: "", images: ["b.png"] },
    ]);
  });

  it("leaves out entries without metadata or text", async () => {
    const broken = [
      { ...entry("no metadata", 1), metadata: undefined as never },
      { ...entry("", 2), text: 5 as never },
      entry("fine", 3, { userName: "Ann" }),
    ];
    const source = new FakeSource(broken);
    const messages = await (await filled(source)).compileContext();
    expect(messages.map(({ content }) => content)).toEqual([
      "Ann said (2024-01-01T00:03:00.000Z): fine",
    ]);
    expect(source.queries[0]?.texts).toEqual(["fine"]);
  });

  it("keeps the newest messages: twice the limit per collection, exactly `maxMessages`", async () => {
    const many = Array.from({ length: 30 }, (_, i) => entry(`text ${i}`, i, { userName: "Duck" }));
    const store = await filled(new FakeSource(many));
    const contents = async (options: Parameters<typeof store.compileContext>[0]) =>
      (await store.compileContext(options as object)).map(({ content }) => content);
    expect(await contents({ recentLimit: 30, limit: 3 })).toEqual(
      [24, 25, 26, 27, 28, 29].map((i) => `text ${i}`),
    );
    expect(await contents({ recentLimit: 30, maxMessages: 2 })).toEqual(["text 28", "text 29"]);
    expect(await contents({ recentLimit: 30, limit: 0 })).toEqual([]);
    expect(await contents({ maxMessages: 0 })).toEqual([]);
  });

  it("keeps the newest messages that a token budget has room for", async () => {
    const source = new FakeSource(
      chat.map((each) => ({ ...each, metadata: { userName: "Duck" } })),
    );
    const store = await filled(source);
    const counter = { family: "letters", count: (text: string) => text.length };
    const within = async (budget: number) =>
      (await store.compileContext({ budget, counter })).map(({ content }) => content);
    expect(await within(12)).toEqual(["so quiet", "who?"]);
    expect(await within(11)).toEqual(["who?"]);
    expect(await within(0)).toEqual([]);
    expect(await within(1_000)).toHaveLength(5);
    await expect(store.compileContext({ budget: 3 })).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
    });
  });

  it.each([
    ["texts", { texts: "hello" }],
    ["texts", { texts: [1] }],
    ["recentLimit", { recentLimit: -1 }],
    ["queryLimit", { queryLimit: 1.5 }],
    ["limit", { limit: Number.NaN }],
    ["maxMessages", { maxMessages: "3" }],
    ["formatAssistantMessages", { formatAssistantMessages: "yes" }],
    ["legacyQueryOrder", { legacyQueryOrder: 1 }],
  ])("refuses wrong %s", async (name, options) => {
    const source = new FakeSource(chat);
    const store = await filled(source);
    await expect(store.compileContext(options as object)).rejects.toMatchObject({
      code: "E_INVALID_INPUT",
      message: expect.stringContaining(name),
    });
    expect(source.queries).toEqual([]);
  });
});
