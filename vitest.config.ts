import { configDefaults, defineConfig } from "vitest/config";

// Also loaded by each package's `test` script, which sets the root to that package.
export default defineConfig({
  ssr: {
    resolve: { conditions: ["@palimpsest/source", "module", "node", "development|production"] },
  },
  test: {
    // Nothing here asserts a time; a busy machine must not fail a property test.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    include: ["**/src/**/*.test.ts"],
    // These need servers: vitest.engines.config.ts.
    exclude: [...configDefaults.exclude, "**/*.engines.test.ts"],
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts"],
      exclude: ["**/*.{test,bench}.ts", "**/testing.ts"],
      thresholds: { lines: 90, branches: 85 },
    },
  },
});
