import { expect, it } from "vitest";
import { processHost } from "./process-host.ts";

function listeners(): number[] {
  return ["SIGINT", "SIGTERM"].map((name) => process.listenerCount(name));
}

it("takes SIGINT and SIGTERM, until a command that changes nothing gives them back", () => {
  const before = listeners();
  const host = processHost();
  expect(listeners()).toEqual(before.map((count) => count + 1));
  host.stopAtOnce?.();
  expect(listeners()).toEqual(before);
  expect(host.signal.aborted).toBe(false);
});
