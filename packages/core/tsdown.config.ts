import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts", "src/memory/index.ts", "src/testing/index.ts"],
  platform: "node",
  target: "node22",
  dts: true,
  unbundle: true,
});
