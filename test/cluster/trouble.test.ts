import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dsoPath } from '../../src/api/resource.ts';
import { BareRepository } from '../repository/bare-repository.ts';
import { gitAfter } from '../repository/git-wrapper.ts';
import { serveHttp } from '../repository/http-server.ts';
import { SMALL_FILE_SYSTEMS } from '../repository/small-disk.ts';
import { ApiServer, Etcd } from './control-plane.ts';
import { patchMetric } from './guide.ts';
import { applyCrd, conditionOf, dsoOf, metricOf, product, type StoredDso } from './hub.ts';
import { until } from './process.ts';
import { RawApi } from './raw-api.ts';
import { Service } from './service.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

let etcd: Etcd;
const servers: ApiServer[] = [];

beforeAll(async () => {
  etcd = await Etcd.start();
});

afterAll(async () => {
  for (const server of servers) await server.end();
  await etcd?.stop();
});

/** A hub of its own, with a DSO and its metric. */
async function hubOf(name: string): Promise<ApiServer> {
  const server = await ApiServer.start(name, etcd);
  servers.push(server);
  await applyCrd(server, product('crd'));
  server.apply([metricOf('web', '20'), dsoOf('web')].join('\n---\n'));
  return server;
}

describe('a second installation on the same root', () => {
  it('is told that the directory belongs to the first, and writes nothing', async () => {
    const [hub, other] = [await hubOf('first'), await hubOf('second')];
    const first = new Service(hub);
    const second = new Service(other, { fleet: first.fleet, configuration: { owner: 'second' } });
    try {
      await first.start();
      await first.committed([2, 2], 'web');
      const tip = first.fleet.tip();
      await second.start();
      const { reason, message } = await conditionOf(other, 'web', 'Stalled', ({ status }) => status === 'True');
      expect(reason).toBe('ForeignOwner');
      expect(message).toContain('default');
      await other.kubectl(...patchMetric('49', 'web'));
      const changed = JSON.stringify({ spec: { scaledObjectSpec: { maxReplicaCount: 9 } } });
      await other.kubectl('patch', 'dso', 'web', '--type=merge', '-p', changed);
      await until('it has seen that, and the value before', async () => {
        const { metadata, status } = await other.get<StoredDso>('dso', 'web');
        return status?.observedGeneration === metadata.generation || null;
      });
      expect(first.fleet.tip()).toBe(tip);
      await hub.kubectl(...patchMetric('37', 'web'));
      await first.committed([3, 5], 'web');
    } finally {
      await first.stop();
      await second.stop();
    }
  });
});

describe('a disk that is full where the mirror is', () => {
  const fills: readonly (readonly [string, (directory: string) => Fill])[] = [
    ['by a limit on files', limit],
    ...SMALL_FILE_SYSTEMS.map(([name, mount]): [string, (directory: string) => Fill] => [
      name,
      (directory) => {
        const disk = mount(directory);
        const filler = join(disk.directory, 'filler');
        return {
          cache: join(disk.directory, 'cache'),
          path: disk.path,
          fill: () => fillUp(filler),
          free: () => rmSync(filler),
        };
      },
    ]),
  ];

  it.each(fills)('is told, %s; nothing is lost, and it goes on when there is room', async (kind, make) => {
    const hub = await hubOf(`disk-${kind.replaceAll(' ', '-')}`);
    const disk = make(hub.path('disk'));
    const service = new Service(hub, { env: { PATH: disk.path, DSO_GITOPS_CACHE: disk.cache } });
    try {
      await service.start();
      await service.committed([2, 2], 'web');
      disk.fill();
      await hub.kubectl(...patchMetric('37', 'web'));
      await service.logged('DiskFull');
      expect(service.counts('web')).toEqual([2, 2]);
      disk.free();
      await service.committed([3, 5], 'web', 90_000);
    } finally {
      await service.stop();
    }
  });
});

interface Fill {
  readonly cache: string;
  readonly path: string;
  fill(): void;
  free(): void;
}

/** Git cannot write a byte. */
function limit(directory: string): Fill {
  const flag = `${directory}-full`;
  const path = gitAfter(`[ ! -e '${flag}' ] || { trap '' XFSZ; ulimit -f 0; }`, directory);
  const cache = join(directory, 'cache');
  return { path, cache, fill: () => writeFileSync(flag, ''), free: () => rmSync(flag) };
}

/** Takes all that is left. */
function fillUp(file: string): void {
  for (let size = 512 * 1024; size > 0; size = Math.floor(size / 2)) {
    try {
      writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // No room for that much: half of it.
    }
  }
}

describe('credentials that are rotated', () => {
  it('of the repository are read again, also after they were refused', async () => {
    const hub = await hubOf('rotated');
    const fleet = BareRepository.make(join(hub.path('host'), 'fleet.git'), { 'README.md': 'fleet\n' });
    const host = await serveHttp(hub.path('host'), { account: 'x-access-token:first' });
    const tokenFile = hub.path('token');
    writeFileSync(tokenFile, 'first\n');
    const destinations = [
      { repository: `${host.url}/fleet.git`, credentials: { tokenFile }, pacing: { minInterval: '0s' } },
    ];
    const service = new Service(hub, { fleet, configuration: { destinations } });
    try {
      await service.start();
      await service.committed([2, 2], 'web');
      writeFileSync(tokenFile, 'second\n');
      host.behave({ account: 'x-access-token:second' });
      await hub.kubectl(...patchMetric('37', 'web'));
      await service.committed([3, 5], 'web');
      host.behave({ account: 'x-access-token:third' });
      await hub.kubectl(...patchMetric('49', 'web'));
      await service.logged('AuthenticationFailed');
      writeFileSync(tokenFile, 'third\n');
      await service.committed([4, 6], 'web', 100_000);
    } finally {
      await service.stop();
    }
  });

  it('of the hub are read again: a token in a file, as every Pod has it', async () => {
    const hub = await hubOf('token-file');
    const config = parse(readFileSync(hub.kubeconfig(), 'utf8')) as { users: { name: string; user: object }[] };
    const tokenFile = hub.path('hub-token');
    writeFileSync(tokenFile, 'expired');
    for (const entry of config.users)
      entry.user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } } as object;
    const kubeconfig = hub.path('token-file.kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(config));
    const service = new Service(hub, { kubeconfig });
    try {
      await service.start();
      await until('it was refused', async () => (await service.probe('/readyz')).text.includes('Unauthorized') || null);
      writeFileSync(tokenFile, 'admin-token');
      await until('/readyz', async () => ((await service.probe('/readyz')).status === 200 ? true : null), 110_000);
    } finally {
      await service.stop();
    }
  });
});

describe('a heap that fills up', () => {
  it('is told while all still works', async () => {
    const hub = await hubOf('crowd');
    const service = new Service(hub, { env: { NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=8' } });
    const api = new RawApi(hub);
    let count = 0;
    try {
      await service.start();
      const isTold = (): boolean => readFileSync(service.logFile, 'utf8').includes('memory is nearly used up');
      while (!isTold() && count < 20_000) {
        const names = Array.from({ length: 100 }, () => {
          count += 1;
          return `web-${count}`;
        });
        await Promise.all(names.map((name) => api.create(CONFIG_MAPS, JSON.parse(metricOf(name, '20')))));
        await Promise.all(names.map((name) => api.create(dsoPath('default'), JSON.parse(dsoOf(name)))));
      }
      process.stdout.write(`told at ${count} DSOs\n`);
      expect(isTold()).toBe(true);
      await service.committed([2, 2], `web-${count}`, 60_000);
      expect((await service.probe('/livez')).status).toBe(200);
    } finally {
      api.close();
      await service.stop();
    }
  }, 300_000);
});
