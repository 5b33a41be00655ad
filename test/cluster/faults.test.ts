import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';
import { patchMetric } from './guide.ts';
import { dsoOf, type Hub, metricOf, startHub } from './hub.ts';
import { until } from './process.ts';
import { Service } from './service.ts';

let hub: Hub;
let proxy: FaultProxy;
let service: Service;

beforeAll(async () => {
  hub = await startHub();
  proxy = await FaultProxy.start(hub.server);
  service = new Service(hub.server, { kubeconfig: proxy.kubeconfig() });
  await service.start();
  await service.ready();
});

afterAll(async () => {
  await service?.stop();
  await proxy?.stop();
  await hub?.stop();
});

async function scaled(name: string, value: string, counts: readonly number[]): Promise<void> {
  hub.server.apply(metricOf(name, value));
  hub.server.apply(dsoOf(name));
  await service.committed(counts, name, 40_000);
}

/** How long a change took to be committed, in milliseconds. */
async function timed(name: string, value: string, counts: readonly number[], timeoutMs = 60_000): Promise<number> {
  const start = performance.now();
  await hub.server.kubectl(...patchMetric(value, name));
  await service.committed(counts, name, timeoutMs);
  return performance.now() - start;
}

describe('the API server', () => {
  it('that is restarted loses nothing, neither before nor after nor meanwhile', async () => {
    await scaled('restarted', '20', [2, 2]);
    await hub.server.end();
    await service.logged('HubUnreachable');
    expect(service.counts('restarted')).toEqual([2, 2]);
    await hub.server.begin();
    await timed('restarted', '37', [3, 5]);
  });

  it.each([
    [429, '1'],
    [500, undefined],
    [503, undefined],
  ])('that answers %i is asked again, and nothing changes meanwhile', async (status, retryAfter) => {
    const name = `answers-${status}`;
    await scaled(name, '20', [2, 2]);
    proxy.fault = { kind: 'answer', status, ...(retryAfter === undefined ? {} : { retryAfter }) };
    await hub.server.kubectl(...patchMetric('37', name));
    await until('a try', async () => (proxy.seen.splice(0).length > 0 ? true : null));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(service.counts(name)).toEqual([2, 2]);
    proxy.fault = { kind: 'none' };
    await service.committed([3, 5], name, 40_000);
  });

  it('that is down for a minute lowers nothing, and what changes after it is acted on at once', async () => {
    await scaled('minute', '20', [2, 2]);
    await hub.server.end();
    await sleep(61_000);
    expect(service.counts('minute')).toEqual([2, 2]);
    expect((await service.probe('/livez')).status).toBe(200);
    await hub.server.begin();
    await timed('minute', '37', [3, 5]);
    await timed('minute', '49', [4, 6], 10_000);
  }, 240_000);

  it('whose history was compacted is listed again', async () => {
    await scaled('compacted', '20', [2, 2]);
    proxy.fault = { kind: 'cut' };
    await hub.server.kubectl(...patchMetric('37', 'compacted'));
    for (let number = 0; number < 20; number += 1)
      await hub.server.kubectl('annotate', 'dso', 'compacted', '--overwrite', `example.com/n=${number}`);
    await hub.server.end();
    await hub.etcd.compact();
    await hub.server.begin();
    proxy.seen.splice(0);
    proxy.fault = { kind: 'none' };
    await service.committed([3, 5], 'compacted', 60_000);
    const lists = proxy.seen.filter((line) => line.includes('configmaps') && !line.includes('watch=true'));
    expect(lists.length).toBeGreaterThan(0);
  });

  it('that cuts every watch is followed from where it was', async () => {
    await scaled('cut', '20', [2, 2]);
    proxy.fault = { kind: 'cut' };
    await hub.server.kubectl(...patchMetric('37', 'cut'));
    proxy.seen.splice(0);
    proxy.fault = { kind: 'none' };
    await service.committed([3, 5], 'cut');
    // Those of other tests may still come back from the restart before, each after a wait of its own.
    const isOurs = (line: string) =>
      line.includes('/distributedscaledobjects?') || line.includes('metadata.name%3Dcut&');
    const requests = proxy.seen.filter((line) => line.startsWith('GET') && isOurs(line));
    // That of the DSOs may still wait for its turn.
    expect(requests.some((line) => line.includes('metadata.name%3Dcut&') && line.includes('watch=true'))).toBe(true);
    expect(requests.filter((line) => !line.includes('watch=true'))).toEqual([]);
  });
});

describe('a watch that stops without a word', () => {
  it('is noticed, and what happened meanwhile is acted on', async () => {
    await scaled('silent', '20', [2, 2]);
    proxy.fault = { kind: 'silence' };
    await hub.server.kubectl(...patchMetric('37', 'silent'));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(service.counts('silent')).toEqual([2, 2]);
    const start = performance.now();
    proxy.seen.splice(0);
    // New requests go through now, the watches that are open stay dead.
    proxy.fault = { kind: 'none' };
    await service.committed([3, 5], 'silent', 150_000);
    process.stdout.write(`a silent watch was noticed after ${Math.round((performance.now() - start) / 1000)} s\n`);
    expect(proxy.seen.some((line) => line.includes('watch=true'))).toBe(true);
  }, 200_000);
});

describe('SIGTERM and SIGKILL', () => {
  it('end it in under 5 s, and the next start goes on', async () => {
    await scaled('ended', '20', [2, 2]);
    const start = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - start).toBeLessThan(5000);
    await hub.server.kubectl(...patchMetric('37', 'ended'));
    await service.start();
    await service.committed([3, 5], 'ended');
    await service.stop('SIGKILL');
    const tip = service.fleet.tip();
    await service.start();
    await service.ready();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(service.fleet.tip()).toBe(tip);
  });

  it('end it in under 5 s also where the API server says nothing, and what could not be told is no error', async () => {
    proxy.fault = { kind: 'silence' };
    const start = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(service.log().filter(({ msg }) => msg === 'not written to the hub')).toEqual([]);
    proxy.fault = { kind: 'none' };
    await service.start();
    await service.ready();
  });
});
