import { defineConfig } from 'vitest/config';

// Counts come from the environment: KILLS, COMMITS; SEED repeats a run.
export default defineConfig({
  test: {
    include: ['test/endurance/**/*.test.ts'],
    globalSetup: ['test/endurance/global-setup.ts'],
    // Each of them takes all cores.
    fileParallelism: false,
    testTimeout: 7_200_000,
    // Eight mirrors are removed.
    hookTimeout: 300_000,
  },
});
