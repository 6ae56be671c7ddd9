import { expect, test } from "vitest";
import { describeContract, runCase } from "./contract.ts";

const cases = [{ name: "holds", capability: "fence", run: async () => {} }] as const;
const open = async (): Promise<{ context: object; dispose: () => Promise<void> }> => ({
  context: {},
  dispose: async () => {},
});

test.each([
  ["an unknown test", { test: "renamed", reason: "because" }, /"renamed" matches no test/],
  ["an unused capability", { capability: "bulkLoad", reason: "x" }, /"bulkLoad" matches no test/],
  ["no reason", { test: "holds", reason: " " }, /"holds" needs a reason/],
] as const)("an exception with %s is refused", (_, exception, message) => {
  expect(() => describeContract("thing", cases, { open, exceptions: [exception] })).toThrow(
    message,
  );
});

test("a skipped case is disposed of and says why it was skipped", async () => {
  let disposed = 0;
  const skipped = { name: "n", skipWhen: () => "not here", run: () => Promise.reject(new Error()) };
  const count = async (): Promise<{ context: object; dispose: () => Promise<void> }> => ({
    context: {},
    dispose: async () => {
      disposed += 1;
    },
  });
  expect(await runCase(skipped, count)).toBe("not here");
  const failing = { name: "n", run: () => Promise.reject(new Error("broken")) };
  await expect(runCase(failing, count)).rejects.toThrow("broken");
  expect(disposed).toBe(2);
});

// Fails when an exception does not skip its test.
describeContract(
  "a thing with an exception",
  [{ name: "fails", run: () => Promise.reject(new Error("ran")) }],
  {
    open,
    exceptions: [{ test: "fails", reason: "shown in the name" }],
  },
);
