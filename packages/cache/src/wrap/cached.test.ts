import { TestClock } from "@palimpsest/core/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { gate } from "../fixtures/gate.ts";
import { TieredCache } from "../tiered-cache.ts";
import { cached } from "./cached.ts";

function setup() {
  const clock = new TestClock();
  return { clock, cache: new TieredCache({ clock }) };
}

/** Counts its calls by what they were called with. */
function counting() {
  const calls: unknown[][] = [];
  const profile = async (user: number, fields: readonly string[] = []): Promise<string> => {
    calls.push([user, ...fields]);
    return `profile ${user} ${fields.join()}`;
  };
  return { calls, profile };
}

const options = { prefix: "user/profile", scope: "ana", ttl: 300_000, jitter: 0 };

describe("a wrapped function", () => {
  test("is called once for equal arguments and keeps its type", async () => {
    const { cache } = setup();
    const { calls, profile } = counting();
    const getProfile = cached(profile, { ...options, cache });
    expectTypeOf(getProfile).toEqualTypeOf(profile);
    expect(getProfile.name).toBe("profile");
    expect([await getProfile(1, ["a"]), await getProfile(1, ["a"])]).toEqual([
      "profile 1 a",
      "profile 1 a",
    ]);
    await getProfile(2);
    await getProfile(1, ["b"]);
    expect(calls).toEqual([[1, "a"], [2], [1, "b"]]);
  });

  test("is called again after its time, or when its prefix was invalidated", async () => {
    const { cache, clock } = setup();
    const { calls, profile } = counting();
    const getProfile = cached(profile, { ...options, cache });
    await getProfile(1);
    clock.advance(300_001);
    await getProfile(1);
    await cache.invalidatePrefix("ana", "user");
    await getProfile(1);
    expect(calls).toHaveLength(3);
  });

  test("tells apart arguments that only look alike", async () => {
    const { cache } = setup();
    const seen: unknown[][] = [];
    const echo = cached(
      async (...args: unknown[]) => {
        seen.push(args);
        return args;
      },
      { ...options, cache },
    );
    const different = [[1], ["1"], [[1]], [1, 2], [[1, 2]], [null], [], [null, 1], [undefined, 1]];
    for (const args of [...different, ...different]) expect(await echo(...args)).toEqual(args);
    expect(seen).toEqual(different);
  });

  test("depends on what `key` says, and only on that", async () => {
    const { cache } = setup();
    const { calls, profile } = counting();
    const getProfile = cached(profile, { ...options, cache, key: (user) => user % 10 });
    expect(await getProfile(1)).toBe(await getProfile(11));
    expect(calls).toHaveLength(1);
  });

  test("never gives one tenant what another one asked for", async () => {
    const { cache } = setup();
    const { calls, profile } = counting();
    const getProfile = cached(profile, {
      ...options,
      cache,
      scope: (user) => `tenant-${user}`,
      key: () => "the same for all",
    });
    expect(await getProfile(1)).toBe("profile 1 ");
    expect(await getProfile(2)).toBe("profile 2 ");
    expect(calls).toHaveLength(2);
  });

  test("has a tenant by its type", () => {
    const { cache } = setup();
    const { profile } = counting();
    const { scope: _, ...unscoped } = options;
    // @ts-expect-error -- the scope is missing
    const wrong = cached(profile, { ...unscoped, cache });
    expect(wrong.name).toBe("profile");
  });

  test("throws the function's own error, to all, and is called again afterwards", async () => {
    const { cache } = setup();
    const error = new Error("down");
    let calls = 0;
    const failing = cached(
      async () => {
        calls += 1;
        if (calls === 1) throw error;
        return "up";
      },
      { ...options, cache },
    );
    const settled = await Promise.allSettled(Array.from({ length: 100 }, () => failing()));
    for (const one of settled) expect(one).toEqual({ status: "rejected", reason: error });
    expect(await failing()).toBe("up");
    expect(calls).toBe(2);
  });

  test("refuses arguments of which no key can be made", async () => {
    const { cache } = setup();
    const call = cached(async (callback: () => void) => callback(), { ...options, cache });
    await expect(call(() => undefined)).rejects.toMatchObject({ code: "E_INVALID_INPUT" });
  });

  test("goes past the cache while its flag is off, by the scope or a key of its own", async () => {
    const { cache } = setup();
    const { calls, profile } = counting();
    const asked: string[] = [];
    const flags = {
      isCacheOn: async (key: string) => {
        asked.push(key);
        return key === "user 2";
      },
    };
    const byScope = cached(profile, { ...options, cache, flags });
    await byScope(1);
    await byScope(1);
    const byUser = cached(profile, {
      ...options,
      cache,
      flags,
      targetingKey: (user) => `user ${user}`,
    });
    await byUser(2);
    await byUser(2);
    expect(calls).toEqual([[1], [1], [2]]);
    expect(asked).toEqual(["ana", "ana", "user 2", "user 2"]);
  });
});

function abortable() {
  const { cache } = setup();
  const { opened, open } = gate();
  const signals: (AbortSignal | undefined)[] = [];
  const call = cached(
    async (question: string, { signal }: { signal?: AbortSignal; mode?: string } = {}) => {
      signals.push(signal);
      await opened;
      return question;
    },
    { ...options, cache },
  );
  return { call, open, signals };
}

describe("a signal in the last argument", () => {
  test("is no part of the key, other options beside it are", async () => {
    const { call, open, signals } = abortable();
    open();
    const { signal } = new AbortController();
    await call("a", { signal });
    await call("a", { signal: new AbortController().signal });
    await call("a");
    expect(signals).toHaveLength(1);
    await call("a", { signal, mode: "fast" });
    await call("a", { mode: "fast" });
    expect(signals).toHaveLength(2);
  });

  test("ends the wait of its own caller only; the function stops when nobody waits", async () => {
    const { call, open, signals } = abortable();
    const [a, b] = [new AbortController(), new AbortController()];
    const first = call("a", { signal: a.signal });
    const second = call("a", { signal: b.signal });
    a.abort();
    await expect(first).rejects.toMatchObject({ code: "E_ABORTED" });
    expect(signals[0]?.aborted).toBe(false);
    b.abort();
    await expect(second).rejects.toMatchObject({ code: "E_ABORTED" });
    expect(signals[0]?.aborted).toBe(true);
    open();
  });
});
