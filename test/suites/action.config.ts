import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/suites/action/**/*.test.ts'],
    globalSetup: ['test/suites/action/node-24.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
