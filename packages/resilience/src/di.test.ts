import "reflect-metadata";
import { type Policy, tokens } from "@palimpsest/core";
import { TestClock } from "@palimpsest/core/testing";
import { container as root, inject, injectable } from "tsyringe";
import { expect, test } from "vitest";
import { registerResilience } from "./di.ts";
import { retry } from "./retry/retry-policy.ts";
import type { ResilienceEvent } from "./telemetry/event.ts";

@injectable()
class Model {
  readonly #policy: Policy;
  calls = 0;

  constructor(@inject(tokens.policy) policy: Policy) {
    this.#policy = policy;
  }

  ask(): Promise<string> {
    return this.#policy.execute(async () => {
      this.calls += 1;
      if (this.calls === 1) throw Object.assign(new Error("down"), { status: 503 });
      return "answer";
    });
  }
}

test("classes that ask for core's policy get the pipeline, one per container", async () => {
  const container = root.createChildContainer();
  registerResilience(container, { retry: retry({ initialDelay: 0 }) });
  const model = container.resolve(Model);
  expect(await model.ask()).toBe("answer");
  expect(model.calls).toBe(2);
  expect(container.resolve(tokens.policy)).toBe(container.resolve(tokens.policy));
  const child = container.createChildContainer();
  expect(child.resolve(tokens.policy)).toBe(container.resolve(tokens.policy));
});

test("a registered clock measures the calls", async () => {
  const container = root.createChildContainer();
  const clock = new TestClock();
  const events: ResilienceEvent[] = [];
  container.register(tokens.clock, { useValue: clock });
  registerResilience(container, { on: (event) => events.push(event) });
  await container.resolve(tokens.policy).execute(async () => clock.advance(250));
  expect(events).toEqual([{ type: "call", outcome: "success", duration: 250, calls: 1 }]);
});
