import { defineConfig } from "tsdown";

export default defineConfig({
  // The killed child is started by its file name, so nothing imports it.
  entry: ["src/index.ts", "src/main.ts", "src/chaos/killed-child.ts"],
  platform: "node",
  target: "node22",
  dts: true,
  unbundle: true,
});
