import { defineConfig } from 'vitest/config';

// The first run builds the servers with Go, which takes about a quarter of an hour.
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    globalSetup: ['test/cluster/global-setup.ts', 'test/suites/action/node-24.ts'],
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
