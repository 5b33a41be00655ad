import { defineConfig } from 'vitest/config';

// The first run builds kustomize with Go.
export default defineConfig({
  test: { include: ['test/suites/kustomize/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 600_000 },
});
