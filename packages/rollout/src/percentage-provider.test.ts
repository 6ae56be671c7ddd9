import { OpenFeature, ProviderEvents } from "@openfeature/server-sdk";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { PercentageFlags } from "./percentage-flag.ts";
import { PercentageProvider } from "./percentage-provider.ts";

afterEach(() => OpenFeature.clearProviders());

const cache = { percentage: 30, on: true, off: false };
const users = Array.from({ length: 500 }, (_, i) => `user-${i}`);

async function clientOf(flags: PercentageFlags) {
  const provider = new PercentageProvider({ flags });
  await OpenFeature.setProviderAndWait(provider);
  return { provider, client: OpenFeature.getClient() };
}

async function whoIsIn(provider: PercentageProvider, name: string): Promise<Set<string>> {
  const on = await Promise.all(
    users.map((targetingKey) => provider.resolveBooleanEvaluation(name, false, { targetingKey })),
  );
  return new Set(users.filter((_, i) => on[i]?.value));
}

describe("who is in", () => {
  test("growing the percentage takes keys in and never one out", async () => {
    const percentage = fc.double({ min: 0, max: 100, noNaN: true });
    await fc.assert(
      fc.asyncProperty(percentage, percentage, fc.string(), async (a, b, salt) => {
        const [less, more] = a <= b ? [a, b] : [b, a];
        const provider = new PercentageProvider({
          flags: { cache: { ...cache, percentage: less, salt } },
        });
        const before = await whoIsIn(provider, "cache");
        provider.setPercentage("cache", more);
        const after = await whoIsIn(provider, "cache");
        expect([...before].filter((user) => !after.has(user))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test("nobody at 0, everybody at 100, and the same keys in every process", async () => {
    const flags = { none: { ...cache, percentage: 0 }, all: { ...cache, percentage: 100 }, cache };
    const one = new PercentageProvider({ flags });
    expect((await whoIsIn(one, "none")).size).toBe(0);
    expect((await whoIsIn(one, "all")).size).toBe(users.length);
    expect(await whoIsIn(new PercentageProvider({ flags }), "cache")).toEqual(
      await whoIsIn(one, "cache"),
    );
  });

  test("flags draw independently, unless they share a salt", async () => {
    const provider = new PercentageProvider({
      flags: { a: cache, b: cache, c: { ...cache, salt: "a" } },
    });
    const a = await whoIsIn(provider, "a");
    expect(await whoIsIn(provider, "b")).not.toEqual(a);
    expect(await whoIsIn(provider, "c")).toEqual(a);
  });
});

describe("through an OpenFeature client", () => {
  const context = { targetingKey: "user-1" };

  test("values of every type, with variant and reason", async () => {
    const { client } = await clientOf({
      bool: { percentage: 100, on: true, off: false },
      text: { percentage: 100, on: "new", off: "old" },
      count: { percentage: 0, on: 2, off: 1 },
      config: { percentage: 100, on: { ttl: 5 }, off: null },
    });
    expect(await client.getBooleanDetails("bool", false, context)).toMatchObject({
      value: true,
      variant: "on",
      reason: "SPLIT",
    });
    expect(await client.getStringValue("text", "", context)).toBe("new");
    expect(await client.getNumberDetails("count", 0, context)).toMatchObject({
      value: 1,
      variant: "off",
      reason: "DEFAULT",
    });
    expect(await client.getObjectValue("config", {}, context)).toEqual({ ttl: 5 });
  });

  test("an object is a copy: changing the answer changes no flag", async () => {
    const { client } = await clientOf({ config: { percentage: 100, on: { ttl: 5 }, off: {} } });
    const first = await client.getObjectValue<{ ttl: number }>("config", { ttl: 0 }, context);
    first.ttl = 9;
    expect(await client.getObjectValue("config", {}, context)).toEqual({ ttl: 5 });
  });

  test.each([
    ["an unknown flag", "other", context, "FLAG_NOT_FOUND"],
    ["another type", "text", context, "TYPE_MISMATCH"],
    ["no targeting key", "cache", {}, "TARGETING_KEY_MISSING"],
    ["an empty targeting key", "cache", { targetingKey: "" }, "TARGETING_KEY_MISSING"],
  ])("%s is an error with the default value", async (_, name, asked, errorCode) => {
    const { client } = await clientOf({ cache, text: { percentage: 50, on: "a", off: "b" } });
    for (const byDefault of [true, false]) {
      expect(await client.getBooleanDetails(name, byDefault, asked)).toMatchObject({
        value: byDefault,
        reason: "ERROR",
        errorCode,
      });
    }
  });

  test("names of Object.prototype are no flags", async () => {
    const { client } = await clientOf({ cache });
    const details = await client.getBooleanDetails("constructor", true, context);
    expect(details).toMatchObject({ value: true, errorCode: "FLAG_NOT_FOUND" });
  });

  test("a flag may have any other name, and keys any characters", async () => {
    const odd = JSON.parse('{"__proto__": {"percentage": 100, "on": true, "off": false}}');
    const { provider, client } = await clientOf(odd);
    expect(await client.getBooleanValue("__proto__", false, { targetingKey: "\ud800" })).toBe(true);
    provider.setPercentage("__proto__", 0);
    expect(await client.getBooleanValue("__proto__", true, context)).toBe(false);
  });

  test("a disabled flag is off, without a targeting key too", async () => {
    const { client } = await clientOf({ cache: { ...cache, percentage: 100, disabled: true } });
    expect(await client.getBooleanDetails("cache", true)).toMatchObject({
      value: false,
      reason: "DISABLED",
    });
  });
});

async function heard(flags: PercentageFlags) {
  const { provider, client } = await clientOf(flags);
  const changes: (readonly string[] | undefined)[] = [];
  client.addHandler(ProviderEvents.ConfigurationChanged, (event) => {
    changes.push(event?.flagsChanged);
  });
  return { provider, client, changes };
}

/** For loaded machines; nothing here asserts a time. */
const patient = { timeout: 30_000 };

describe("at run time", () => {
  test("an update tells which flags changed, and only those", async () => {
    const same = { percentage: 50, on: { a: 1 }, off: {} };
    const { provider, client, changes } = await heard({ cache, same, gone: cache });
    provider.update({ cache: { ...cache, percentage: 100 }, same: { ...same }, fresh: cache });
    await vi.waitFor(() => expect(changes).toEqual([["cache", "gone", "fresh"]]), patient);
    provider.update({ cache: { ...cache, percentage: 100 }, same, fresh: cache });
    expect(changes).toHaveLength(1);
    expect(await client.getBooleanValue("cache", false, { targetingKey: "user-1" })).toBe(true);
    expect((await client.getBooleanDetails("gone", false)).errorCode).toBe("FLAG_NOT_FOUND");
  });

  test("a bad update is refused whole and the flags before stay", async () => {
    const { provider, changes } = await heard({ cache });
    const before = await whoIsIn(provider, "cache");
    const bad = { cache: { ...cache, percentage: 90 }, other: { ...cache, percentage: 101 } };
    expect(() => provider.update(bad)).toThrow(
      expect.objectContaining({ code: "E_INVALID_INPUT" }),
    );
    expect(() => provider.setPercentage("other", 5)).toThrow(
      expect.objectContaining({ code: "E_NOT_FOUND" }),
    );
    expect(await whoIsIn(provider, "cache")).toEqual(before);
    expect(changes).toEqual([]);
  });

  test("later changes to the caller's own object change no flag", async () => {
    const mine = { cache: { ...cache } };
    const provider = new PercentageProvider({ flags: mine });
    const before = await whoIsIn(provider, "cache");
    mine.cache.percentage = 100;
    expect(await whoIsIn(provider, "cache")).toEqual(before);
  });

  test("the kill switch turns every flag off and can be asked for itself", async () => {
    const all = { ...cache, percentage: 100 };
    const { provider, client, changes } = await heard({ a: all, b: all });
    const context = { targetingKey: "user-1" };
    expect(await client.getBooleanValue("kill-switch", true)).toBe(false);
    provider.kill();
    provider.kill();
    expect(await client.getBooleanValue("kill-switch", false)).toBe(true);
    for (const name of ["a", "b"]) {
      expect(await client.getBooleanDetails(name, true, context)).toMatchObject({
        value: false,
        reason: "DISABLED",
      });
    }
    provider.restore();
    expect(await client.getBooleanValue("a", false, context)).toBe(true);
    await vi.waitFor(() => expect(changes).toHaveLength(2), patient);
    expect(new Set(changes.flat())).toEqual(new Set(["kill-switch", "a", "b"]));
  });
});

test.each([
  ["a percentage above 100", { cache: { ...cache, percentage: 100.1 } }],
  ["a negative percentage", { cache: { ...cache, percentage: -1 } }],
  ["NaN", { cache: { ...cache, percentage: Number.NaN } }],
  ["on and off of two types", { cache: { percentage: 5, on: true, off: "no" } }],
  ["a flag without a name", { "": cache }],
  ["a flag with the name of the kill switch", { "kill-switch": cache }],
  ["null for a flag", { cache: null }],
  ["a function for a value", { cache: { ...cache, on: () => true, off: () => false } }],
  ["a salt that is no string", { cache: { ...cache, salt: 5 } }],
  ["a word for `disabled`, which would be on", { cache: { ...cache, disabled: "yes" } }],
])("%s is refused", (_, flags: unknown) => {
  expect(() => new PercentageProvider({ flags: flags as PercentageFlags })).toThrow(
    expect.objectContaining({ code: "E_INVALID_INPUT" }),
  );
});
