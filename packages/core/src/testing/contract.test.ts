import { expect, test } from "vitest";
import { describeContract } from "./contract.ts";

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
