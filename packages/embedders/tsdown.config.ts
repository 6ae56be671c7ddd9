import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/hash/index.ts", "src/openai-compatible.ts", "src/ollama.ts"],
  platform: "node",
  target: "node22",
  dts: true,
  unbundle: true,
});
