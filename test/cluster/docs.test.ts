import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf, pages } from '../docs/pages.ts';
import { temporaryDirectory } from '../repository/temporary-directory.ts';
import { ApiServer } from './control-plane.ts';
import { type Hub, startHub } from './hub.ts';
import { programPath } from './programs.ts';

const MAIN = fileURLToPath(new URL('../../build/cli/main.js', import.meta.url));
const hubs: Hub[] = [];
let member: ApiServer;

beforeAll(async () => {
  const hub = await startHub([], false);
  hubs.push(hub);
  member = await ApiServer.start('member-1', hub.etcd);
});

afterAll(async () => {
  await member?.end();
  for (const hub of hubs) await hub.stop();
});

const PAGES = pages().filter((page) => blocksOf(page).some(({ language }) => language === 'bash'));

it('there are pages with commands for a cluster', () => {
  expect(PAGES.length).toBeGreaterThan(3);
});

it.each(PAGES)('%s', (page) => {
  const [hub] = hubs;
  if (!hub) throw new Error('no hub');
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'kubeconfig'), contexts(hub.server), { mode: 0o600 });
  for (const { language, text } of blocksOf(page)) {
    const file = /^# file: (\S+)\n/.exec(text)?.[1];
    if (file) {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), text.replace(/^# file: .*\n/, ''));
    }
    if (language !== 'bash') continue;
    const npx = `npx() { shift; ${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)} "$@"; }`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', `set -e\n${npx}\n${text}`], {
      cwd: directory,
      encoding: 'utf8',
      env: {
        PATH: `${dirname(programPath('kubectl'))}:${process.env['PATH']}`,
        HOME: directory,
        KUBECONFIG: join(directory, 'kubeconfig'),
        DSO_GITOPS_CACHE: join(directory, '.cache'),
      },
    });
    expect(status, `${page}:\n${text}\n${stdout}\n${stderr}`).toBe(0);
  }
});

/** The hub under the name that the guide gives it. */
function contexts(hub: ApiServer): string {
  const config = JSON.parse(readFileSync(hub.kubeconfig(), 'utf8')) as {
    contexts: { name: string; context: object }[];
  };
  const context = config.contexts[0]?.context;
  return JSON.stringify({
    ...config,
    'current-context': 'keda-cluster',
    contexts: [{ name: 'keda-cluster', context }],
  });
}
