import { describeKeyValueStoreContract } from "@palimpsest/core/testing";
import { describe } from "vitest";
import { slowClock } from "./fixtures/slow-clock.ts";
import { temporaryRedis, testUrl } from "./fixtures/test-server.ts";

describe.skipIf(testUrl === undefined)("on a real server", () => {
  describeKeyValueStoreContract("redis", {
    create: async () => {
      const { store, prefix, dispose } = await temporaryRedis();
      return { ...slowClock(store, { url: testUrl ?? "", prefix }), dispose };
    },
  });
});
