import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/sqlite/index.ts"],
  platform: "node",
  target: "node22",
  dts: true,
  unbundle: true,
});
