import { expect, test, vi } from "vitest";
import { once } from "./once.ts";

test("creates at the first call only, also when the value is undefined", () => {
  const create = vi.fn(() => undefined);
  const get = once(create);
  expect(create).not.toHaveBeenCalled();
  expect([get(), get()]).toEqual([undefined, undefined]);
  expect(create).toHaveBeenCalledOnce();
});

test("a creation that failed is tried again", () => {
  let attempts = 0;
  const get = once(() => {
    attempts++;
    if (attempts === 1) throw new Error("not yet");
    return attempts;
  });
  expect(get).toThrow("not yet");
  expect([get(), get()]).toEqual([2, 2]);
});
