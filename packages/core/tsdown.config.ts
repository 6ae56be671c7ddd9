import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts", "src/faults/index.ts", "src/memory/index.ts", "src/testing/index.ts"],
  platform: "node",
  target: "node22",
  dts: true,
  unbundle: true,
});
