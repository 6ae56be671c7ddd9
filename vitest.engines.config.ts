import { configDefaults, defineConfig } from "vitest/config";
import shared from "./vitest.config.ts";

// Tests against real servers: `npm run test:engines` starts them and passes their addresses.
export default defineConfig({
  ...shared,
  test: {
    include: ["{packages,apps}/*/src/**/*.engines.test.ts"],
    exclude: configDefaults.exclude,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
