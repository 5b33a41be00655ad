import { expect, it } from 'vitest';
import { temporaryDirectory } from '../repository/temporary-directory.ts';
import { runCli } from './run-cli.ts';

it('quickstart runs the guide, commits what it decides and ends by itself', async () => {
  const { PATH } = process.env;
  const options = { directory: temporaryDirectory(), environment: { PATH, NO_COLOR: '1' }, now: Date.UTC(2026, 0, 1) };
  const { code, stdout: out } = await runCli(['quickstart'], options);
  expect(code).toBe(0);
  const steps = out
    .split(/^--- /m)
    .slice(1)
    .map((step) => /commit [0-9a-f]{10}/.test(step));
  // 0, 20, 37, 1000, abc, 0, and the end of the cooldown.
  expect(steps).toEqual([true, true, true, true, false, false, true]);
  expect(out).toContain('scale default/dso-demo 10 -> 0 (member-1 4 -> 0, member-2 6 -> 0)');
});
