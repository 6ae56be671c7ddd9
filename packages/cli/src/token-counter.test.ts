import { expect, it } from "vitest";
import { o200kCounter } from "./token-counter.ts";

it("counts tokens of o200k_base, names of special tokens as text", async () => {
  const { family, count } = await o200kCounter();
  expect(family).toBe("o200k_base");
  expect(count("")).toBe(0);
  expect(count("hello world")).toBe(2);
  expect(count("<|endoftext|>")).toBeGreaterThan(1);
});
