import { setTimeout as sleep } from "node:timers/promises";
import { describeKeyValueStoreContract } from "@palimpsest/core/testing";
import { describe } from "vitest";
import { temporaryRedis, testUrl } from "./fixtures/test-server.ts";

describe.skipIf(testUrl === undefined)("on a real server", () => {
  describeKeyValueStoreContract("redis", {
    create: async () => {
      const { store, dispose } = await temporaryRedis();
      return { store, dispose, pass: (ms) => sleep(ms) };
    },
  });
});
