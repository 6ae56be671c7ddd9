import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts", "src/di.ts", "src/opossum/index.ts"],
  platform: "node",
  target: "node22",
  dts: true,
  unbundle: true,
});
