import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/suites/github/**/*.test.ts'], testTimeout: 600_000 },
});
