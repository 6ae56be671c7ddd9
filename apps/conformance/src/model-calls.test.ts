import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Ask, openAssistant } from "./fixtures/model-calls-example.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-model-calls-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** On a busy machine too, a question to the store is answered. */
const deadline = 30_000;
const patient = { timeout: 30_000 };

/** Found by asking the provider: half of all users are in. */
async function userWho(
  isIn: boolean,
  { flags }: Awaited<ReturnType<typeof openAssistant>>,
): Promise<string> {
  for (let i = 0; i < 100; i++) {
    if ((await flags.isCacheOn(`user-${i}`)) === isIn) return `user-${i}`;
  }
  throw new Error("a share of 50 % took all of 100 users, or none");
}

test("the guide's example is the code that is tested here", () => {
  const guide = readFileSync(join(import.meta.dirname, "../../../docs/model-calls.md"), "utf8");
  const source = readFileSync(join(import.meta.dirname, "fixtures/model-calls-example.ts"), "utf8");
  expect(/```ts\n(.*?)```/s.exec(guide)?.[1]).toBe(source);
});

test("an overloaded model is replaced, once for all who ask, and its answer outlives the process", async () => {
  const calls: string[] = [];
  const ask: Ask = async (model, prompt) => {
    calls.push(model);
    if (model === "large") throw Object.assign(new Error("overloaded"), { status: 529 });
    return `${model}: ${prompt.length}`;
  };
  const path = join(folder, "cache.db");
  const first = await openAssistant(ask, path, deadline);
  const user = await userWho(true, first);
  const answers = await Promise.all(Array.from({ length: 20 }, () => first.answer(user, "tea?")));
  expect(new Set(answers)).toEqual(new Set(["small: 4"]));
  expect(calls.filter((model) => model === "small")).toHaveLength(1);
  const paid = calls.length;
  await first.close();

  const second = await openAssistant(ask, path, deadline);
  expect(await second.answer(user, "tea?")).toBe("small: 4");
  expect(calls).toHaveLength(paid);
  await second.close();
});

test("who is outside of the percentage, and everybody after the kill switch, asks the model", async () => {
  let calls = 0;
  const assistant = await openAssistant(
    async () => `${++calls}`,
    join(folder, "cache.db"),
    deadline,
  );
  const [inside, outside] = [await userWho(true, assistant), await userWho(false, assistant)];
  expect([await assistant.answer(inside, "a"), await assistant.answer(inside, "a")]).toEqual([
    "1",
    "1",
  ]);
  expect([await assistant.answer(outside, "a"), await assistant.answer(outside, "a")]).toEqual([
    "2",
    "3",
  ]);
  assistant.provider.kill();
  expect(await assistant.answer(inside, "a")).toBe("4");
  assistant.provider.restore();
  // The kill switch cleared the cache as well.
  expect(await assistant.answer(inside, "a")).toBe("5");
  await assistant.close();
});

test("the model call ends when the last who waits has left, and nothing is retried for nobody", async () => {
  const seen: AbortSignal[] = [];
  const assistant = await openAssistant(
    (_model, _prompt, signal) => {
      seen.push(signal);
      return new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
    },
    join(folder, "cache.db"),
    deadline,
  );
  const user = await userWho(true, assistant);
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [first, second].map(({ signal }) => assistant.answer(user, "slow", signal));
  const outcome = Promise.allSettled(waiting);
  await expect.poll(() => seen.length, patient).toBe(1);
  first.abort();
  await expect(waiting[0]).rejects.toMatchObject({ code: "E_ABORTED" });
  expect(seen[0]?.aborted).toBe(false);
  second.abort();
  expect((await outcome).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect.poll(() => seen[0]?.aborted, patient).toBe(true);
  expect(seen).toHaveLength(1);
  await assistant.close();
});
