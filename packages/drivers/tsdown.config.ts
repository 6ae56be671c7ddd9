import { defineConfig } from "tsdown";

export default defineConfig({
  // The worker is started by its file name, so nothing imports it and it has no subpath.
  entry: [
    "src/chroma/index.ts",
    "src/mongodb/index.ts",
    "src/postgres/index.ts",
    "src/redis/index.ts",
    "src/sqlite/index.ts",
    "src/sqlite/scan-worker.ts",
  ],
  // Keeps dist/<engine>/ for every number of engines.
  root: "src",
  platform: "node",
  target: "node22",
  dts: true,
  unbundle: true,
});
