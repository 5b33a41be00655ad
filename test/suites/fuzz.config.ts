import { defineConfig } from 'vitest/config';

// FUZZ_CASES=100000 takes hours on a small machine: nothing but the bounds inside the properties ends it.
export default defineConfig({
  test: { include: ['test/fuzz/**/*.test.ts'], testTimeout: 0, hookTimeout: 60_000 },
});
