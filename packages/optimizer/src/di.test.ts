import "reflect-metadata";
import { tokens } from "@palimpsest/core";
import { TestClock } from "@palimpsest/core/testing";
import { container as root, inject, injectable } from "tsyringe";
import { expect, test } from "vitest";
import { optimizerToken, registerOptimizer } from "./di.ts";
import type { Optimizer } from "./optimizer/optimizer.ts";

const fact = { user_id: "maya", category: "pref", key: "drink", value: "tea" };
const words = { family: "words", count: (text: string) => text.split(" ").length };

@injectable()
class Facts {
  readonly #optimizer: Optimizer;

  constructor(@inject(optimizerToken) optimizer: Optimizer) {
    this.#optimizer = optimizer;
  }

  remember(): boolean {
    return this.#optimizer.putFactCache(fact);
  }
}

test("one optimizer per container, with the clock and counter that it holds", () => {
  const container = root.createChildContainer();
  const clock = new TestClock();
  registerOptimizer(container, { cacheTtlSeconds: 60 });
  container.register(tokens.clock, { useValue: clock });
  container.register(tokens.tokenCounter, { useValue: words });
  expect(container.resolve(Facts).remember()).toBe(true);
  const optimizer = container.resolve(optimizerToken);
  expect(optimizer).toBe(container.createChildContainer().resolve(optimizerToken));
  expect(optimizer.getFactCached("maya", "pref", "drink")).toEqual(fact);
  clock.advance(60_001);
  expect(optimizer.getFactCached("maya", "pref", "drink")).toBeUndefined();
  expect(optimizer.calculateReduction("a b", "a b").minified.originalTokens).toBe(2);
});

test("needs neither, and options come first", () => {
  const container = root.createChildContainer();
  container.register(tokens.tokenCounter, { useValue: words });
  const counter = { family: "ones", count: () => 1 };
  registerOptimizer(container, { counter });
  const { minified } = container.resolve(optimizerToken).calculateReduction("a b", "a b");
  expect(minified.originalTokens).toBe(1);
});
