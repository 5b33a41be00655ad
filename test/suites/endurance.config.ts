import { defineConfig } from 'vitest/config';

// Counts come from the environment: KILLS, COMMITS; SEED repeats a run.
export default defineConfig({
  test: {
    include: ['test/endurance/**/*.test.ts'],
    globalSetup: ['test/endurance/global-setup.ts'],
    // Each of them runs many processes.
    maxWorkers: 2,
    testTimeout: 7_200_000,
    // Eight mirrors are removed.
    hookTimeout: 300_000,
  },
});
