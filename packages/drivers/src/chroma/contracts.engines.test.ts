import { describeVectorIndexContract } from "@palimpsest/core/testing";
import { describe } from "vitest";
import { temporaryChroma, testUrl } from "./fixtures/test-server.ts";

describe.skipIf(testUrl === undefined)("on a real server", () => {
  describeVectorIndexContract("chroma", {
    create: async (options) => {
      const chroma = await temporaryChroma();
      return {
        index: await chroma.engine.openVectors(options),
        engine: chroma.engine,
        reopen: async (others) => {
          await chroma.engine.close();
          return (await chroma.open()).openVectors(others);
        },
        dispose: chroma.dispose,
      };
    },
  });
});
