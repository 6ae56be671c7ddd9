import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/dual-store/index.ts"],
  // Keeps dist/<system>/ for every number of systems.
  root: "src",
  platform: "node",
  target: "node22",
  dts: true,
  unbundle: true,
});
