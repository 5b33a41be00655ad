import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { random } from '../random.ts';
import { BareRepository } from '../repository/bare-repository.ts';
import { type HttpBehavior, serveHttp } from '../repository/http-server.ts';
import { dsoOf, type Hub, metricOf, startHub } from './hub.ts';
import { RawApi } from './raw-api.ts';
import { Service } from './service.ts';

/** Ten minutes every night. */
const SECONDS = Number(process.env['FAULT_SECONDS'] ?? 45);
const NAMES = ['web-0', 'web-1', 'web-2', 'web-3', 'web-4'];
/** Replicas for each ten of the total, so that every split is whole. */
const SHARES = [4, 6];
const MAX_TENS = 20;
const PER_REPLICA = 5;

/** What a remote does that is not well. */
const SICK: readonly HttpBehavior[] = [
  { status: 503 },
  { status: 429, headers: { 'retry-after': '1' } },
  { fault: 'cut' },
  { fault: 'lost' },
  { fault: 'silent' },
  { fault: 'stuck' },
];

let hub: Hub;
let api: RawApi;

beforeAll(async () => {
  hub = await startHub();
  api = new RawApi(hub.server);
});

afterAll(async () => {
  api?.close();
  await hub?.stop();
});

/** Each change of a metric is acted on at once and as a whole. */
function fast(name: string): string {
  const { scaledObjectSpec } = (JSON.parse(dsoOf(name)) as { spec: { scaledObjectSpec: object } }).spec;
  const policies = [{ type: 'Pods', value: 1000, periodSeconds: 1 }];
  const rules = { stabilizationWindowSeconds: 0, policies };
  const advanced = { horizontalPodAutoscalerConfig: { behavior: { scaleUp: rules, scaleDown: rules } } };
  return dsoOf(name, { scaledObjectSpec: { ...scaledObjectSpec, maxReplicaCount: 1000, advanced } });
}

/** Asks until the API server has taken it. */
async function setMetric(name: string, tens: number): Promise<void> {
  for (;;) {
    try {
      await api.setMetric(name, String(tens * 10 * PER_REPLICA));
      return;
    } catch {
      await sleep(200);
    }
  }
}

it(
  `${SECONDS} s of kills of the service, its leader, the API server and the remote, while values change`,
  async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    process.stdout.write(`seed ${seed}\n`);
    const directory = hub.server.path('host');
    const fleet = BareRepository.make(join(directory, 'fleet.git'), { 'README.md': 'fleet\n' });
    const host = await serveHttp(directory);
    const services = ['one', 'two'].map((name) => {
      const destinations = [{ repository: `${host.url}/fleet.git`, pacing: { minInterval: '0s' } }];
      const options = {
        args: ['--lease-namespace', 'default'],
        env: { POD_NAME: name },
        configuration: { destinations, demand: { tolerance: 0 } },
        fleet,
      };
      return new Service(hub.server, options, hub.server.path(name));
    });
    const last = new Map<string, number>();
    const asked = new Map<string, Set<number>>(NAMES.map((name) => [name, new Set()]));
    const ask = async (name: string, tens: number): Promise<void> => {
      asked.get(name)?.add(tens * 10);
      last.set(name, tens);
      await setMetric(name, tens);
    };
    for (const name of NAMES) {
      hub.server.apply(metricOf(name, String(10 * PER_REPLICA)));
      hub.server.apply(fast(name));
      await ask(name, 1);
    }
    const acts = new Map<string, number>();
    const end = performance.now() + SECONDS * 1000;
    /** One thing at a time in each lane, each from a random moment on and for a random while. */
    const lane = async (number: number, act: (next: () => number) => Promise<string>): Promise<void> => {
      const next = random(seed + number);
      while (performance.now() < end) {
        await sleep(3000 + next() * 15_000);
        const done = await act(next);
        acts.set(done, (acts.get(done) ?? 0) + 1);
      }
    };
    const harass = (service: Service) => async (next: () => number) => {
      if (next() < 0.3) {
        service.signal('SIGSTOP');
        await sleep(next() * 20_000);
        service.signal('SIGCONT');
        return 'service stood still';
      }
      await service.stop('SIGKILL');
      await sleep(next() * 5000);
      await service.start();
      return 'service killed';
    };
    const change = async (): Promise<void> => {
      const next = random(seed);
      while (performance.now() < end) {
        await ask(NAMES[Math.floor(next() * NAMES.length)] ?? '', 1 + Math.floor(next() * MAX_TENS));
        await sleep(next() * 600);
      }
    };
    try {
      await Promise.all(services.map((service) => service.start()));
      await Promise.all([
        change(),
        ...services.map((service, index) => lane(1 + index, harass(service))),
        lane(3, async (next) => {
          await hub.server.end();
          await sleep(next() * 8000);
          await hub.server.begin();
          return 'API server killed';
        }),
        lane(4, async (next) => {
          host.behave(SICK[Math.floor(next() * SICK.length)] ?? {});
          await sleep(next() * 10_000);
          host.behave({});
          return 'remote sick';
        }),
      ]);
      const [one, two] = services as [Service, Service];
      // A remote that failed for long is asked again after at most some minutes.
      for (const [name, tens] of last)
        await one.committed(
          SHARES.map((share) => share * tens),
          name,
          240_000,
        );
      // No Lease is stuck: one of the two leads, or does so when that of a killed one is over.
      await ask('web-0', MAX_TENS + 1);
      await one.committed(
        SHARES.map((share) => share * (MAX_TENS + 1)),
        'web-0',
        30_000,
      );
      const commits = fleet.git('log', '--format=%H', 'main', '--', 'scaling/decisions').trim().split('\n');
      const counts = [...acts].map(([what, count]) => `${what} ${count} times`).join(', ');
      process.stdout.write(`${commits.length} commits; ${counts}\n`);
      // Nothing that went wrong was ever taken for a value.
      const followers = new Map<string, Pick<Decision, 'seq' | 'total'>>();
      for (const commit of commits) {
        const files = fleet
          .git('show', '--format=', '--name-only', commit, '--', 'scaling/decisions')
          .trim()
          .split('\n');
        for (const file of files) {
          const { metadata, seq, total } = parse(fleet.read(file, commit) ?? '') as Decision;
          expect(asked.get(metadata.name)).toContain(total.after);
          // Each follows the one before: none twice, none forgotten, none of a leader that was none any more.
          const next = followers.get(metadata.name);
          if (next) expect([next.seq, next.total.before]).toEqual([seq + 1, total.after]);
          followers.set(metadata.name, { seq, total });
        }
      }
      const { code, out } = await one.gitCli(['verify']);
      expect(code, out).toBe(0);
      fleet.git('fsck', '--strict');
      for (const service of [one, two]) expect(await service.stop()).toBe(0);
      const { items } = await hub.server.get<{ items: { spec: { holderIdentity?: string } }[] }>('leases');
      expect(items.map(({ spec }) => spec.holderIdentity || null)).toEqual([null]);
    } finally {
      for (const service of services) await service.stop('SIGKILL');
    }
  },
  (SECONDS + 600) * 1000,
);

interface Decision {
  readonly metadata: { readonly name: string };
  readonly seq: number;
  readonly total: { readonly before: number | null; readonly after: number };
}
