import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takeMirrorDirectory } from '../../src/repository/mirror-directory.ts';
import { identifyProcess, type ProcessIdentity } from '../../src/repository/process-identity.ts';
import { errorOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

function setUp() {
  const directory = temporaryDirectory();
  const base = join(directory, 'mirror');
  const lock = `${base}.git.lock`;
  return {
    directory,
    base,
    lock: (text: object | string, ageMs = 0): void => {
      writeFileSync(lock, typeof text === 'string' ? text : JSON.stringify(text));
      const time = new Date(Date.now() - ageMs);
      utimesSync(lock, time, time);
    },
  };
}

/** A process that lives until it is ended. */
async function another(): Promise<{ readonly identity: ProcessIdentity; readonly end: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const identity = await identifyProcess(child.pid ?? 0);
  if (!identity) throw new Error('the process has not started');
  return {
    identity,
    end: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('the directory of a mirror', () => {
  it('is the same for the same process, also when it asks twice at once', async () => {
    const { base, directory } = setUp();
    const first = await takeMirrorDirectory(base);
    expect(await Promise.all([takeMirrorDirectory(base), takeMirrorDirectory(base)])).toEqual([first, first]);
    expect([first, readdirSync(directory)]).toEqual([`${base}.git`, ['mirror.git.lock']]);
  });

  it('is another one beside a process that lives, however long it was not heard of, and free when that has ended', async () => {
    const { base, lock } = setUp();
    const { identity, end } = await another();
    lock(identity, 3_600_000);
    expect(await takeMirrorDirectory(base)).toBe(`${base}-2.git`);
    await end();
    expect(await takeMirrorDirectory(base)).toBe(`${base}.git`);
  });

  it('is free where another process has the number of the one that had it', async () => {
    const { base, lock } = setUp();
    const { identity } = await another();
    lock({ ...identity, startedAt: '1' });
    expect(await takeMirrorDirectory(base)).toBe(`${base}.git`);
  });

  it.each([
    ['before the machine was started again, or in another container', { realm: 'elsewhere', pid: 1, startedAt: '1' }],
    ['by a process that was killed while it wrote so', ''],
  ])('that was taken %s is free when nobody has touched it for a while', async (_name, holder) => {
    const { base, lock } = setUp();
    lock(holder, 10_000);
    expect(await takeMirrorDirectory(base)).toBe(`${base}-2.git`);
    lock(holder, 60_000);
    expect(await takeMirrorDirectory(base)).toBe(`${base}.git`);
  });

  it('is refused when there are too many processes', async () => {
    const { base } = setUp();
    const { identity } = await another();
    for (const slot of ['', ...Array.from({ length: 31 }, (_, index) => `-${index + 2}`)])
      writeFileSync(`${base}${slot}.git.lock`, JSON.stringify(identity));
    expect(await errorOf(takeMirrorDirectory(base))).toMatchObject({ kind: 'later', reason: 'MirrorsTaken' });
  });
});
