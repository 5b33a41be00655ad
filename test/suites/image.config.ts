import { defineConfig } from 'vitest/config';

// Installs the dependencies twice, as the image does.
export default defineConfig({
  test: { include: ['test/suites/image/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
});
