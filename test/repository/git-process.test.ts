import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Mirror } from '../../src/repository/mirror.ts';
import { errorOf, settingsOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A host that takes connections and says nothing, over the given scheme. */
async function silentUrl(scheme: string): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `${scheme}://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/fleet.git`;
}

function processesOf(url: string): readonly string[] {
  const lines = spawnSync('ps', ['-eo', 'args']).stdout.toString().split('\n');
  const { port } = new URL(url);
  return lines.filter((line) => /^\S*(git|ssh|sh) /.test(line) && line.includes(port));
}

it.each(['http', 'ssh'])(
  'over %s, what Git started ends with it: when its time is over, and when it is aborted',
  async (scheme) => {
    const url = await silentUrl(scheme);
    const cache = temporaryDirectory();
    const late = await Mirror.open(settingsOf(url, cache, { deadlineMs: 1500 }), new AbortController().signal);
    const ended = errorOf(late.refresh());
    await expect.poll(() => processesOf(url).length).toBeGreaterThan(1);
    expect((await ended).reason).toBe('RemoteUnavailable');
    expect(processesOf(url)).toEqual([]);
    const abort = new AbortController();
    const aborted = await Mirror.open(settingsOf(url, cache), abort.signal);
    const error = errorOf(aborted.refresh());
    await expect.poll(() => processesOf(url).length).toBeGreaterThan(1);
    abort.abort();
    expect((await error).reason).toBe('Aborted');
    expect(processesOf(url)).toEqual([]);
  },
);
