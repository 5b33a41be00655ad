import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ApiFailure } from '../../src/kubernetes/failure.ts';
import { type ObjectName, WatchedObjects } from '../../src/sources/watched-objects.ts';
import { configMap, listOf, quiet, ScriptedApi } from '../kubernetes/scripted-api.ts';

const ALL = '/api/v1/configmaps';

/** Objects of a hub with ConfigMaps c0 to c99. */
class World {
  /** What the list of all fails with; null: it works. */
  failure: ApiFailure | null = null;
  /** Paths and selectors of watches that are open. */
  readonly open = new Set<object>();
  readonly api = new ScriptedApi({
    list: ({ path, query }) => {
      if (path === ALL && this.failure) throw this.failure;
      if (path === ALL)
        return listOf(
          '1',
          named(100).map(({ name }) => configMap(name, { k: '1' })),
        );
      return listOf('1', [configMap(query?.['fieldSelector']?.split('=')[1] ?? '', { k: '1' })]);
    },
    watch: (call) => {
      const { open } = this;
      open.add(call);
      call.signal.addEventListener('abort', () => open.delete(call));
      return quiet(call);
    },
  });
  readonly objects = new WatchedObjects({
    client: this.api,
    changed: () => undefined,
    now: () => Date.now(),
    isOnce: false,
  });

  constructor() {
    onTestFinished(() => this.objects.stop());
  }

  /** Names that are read, without a problem. */
  read(names: readonly ObjectName[]): number {
    return names.filter((name) => {
      const { object, problem } = this.objects.lookup(name);
      return object !== null && problem === null;
    }).length;
  }

  async watch(names: readonly ObjectName[]): Promise<void> {
    this.objects.watch(names);
    await this.objects.settled();
  }
}

function named(count: number): readonly ObjectName[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'ConfigMap', namespace: 'default', name: `c${index}` }));
}

describe('the 51st ConfigMap', () => {
  it('brings one watch of all, and at no moment loses the reading of the others', async () => {
    const world = new World();
    await world.watch(named(50));
    expect(world.read(named(50))).toBe(50);
    world.objects.watch(named(51));
    expect(world.read(named(50))).toBe(50);
    await world.objects.settled();
    expect(world.read(named(51))).toBe(51);
    await vi.waitFor(() => expect(world.open.size).toBe(1));
  });

  it('leaves the others as they are while the list of all fails, also when more come', async () => {
    const world = new World();
    await world.watch(named(50));
    world.failure = new ApiFailure(500, '', 'etcd is slow');
    await world.watch(named(51));
    expect(world.read(named(50))).toBe(50);
    expect(world.objects.lookup(named(51)[50] as ObjectName).problem?.reason).toBe('HubUnreachable');
    await world.watch(named(53));
    expect(world.read(named(53))).toBe(52);
    expect(world.open.size).toBe(52);
    world.failure = null;
    await vi.waitFor(() => expect(world.read(named(53))).toBe(53), 10_000);
    await vi.waitFor(() => expect(world.open.size).toBe(3));
  });

  it('and many more are read by a watch of all that is made anew beside the old one', async () => {
    const world = new World();
    await world.watch(named(51));
    world.failure = new ApiFailure(500, '', 'etcd is slow');
    world.objects.watch(named(100));
    await world.watch(named(100));
    expect(world.read(named(100))).toBe(100);
    const more = [...named(100), ...named(60).map((one) => ({ ...one, namespace: 'other' }))];
    await world.watch(more);
    expect(world.read(named(100))).toBe(100);
  });
});

describe('few ConfigMaps', () => {
  it('are watched one by one again, and are read meanwhile', async () => {
    const world = new World();
    await world.watch(named(60));
    await world.watch(named(30));
    expect(world.open.size).toBe(1);
    world.objects.watch(named(3));
    expect(world.read(named(3))).toBe(3);
    await world.objects.settled();
    await vi.waitFor(() => expect(world.open.size).toBe(3));
    expect(world.read(named(3))).toBe(3);
  });

  it('give up a list of all that does not come', async () => {
    const world = new World();
    world.failure = new ApiFailure(500, '', 'etcd is slow');
    await world.watch(named(60));
    expect(world.read(named(60))).toBe(0);
    await world.watch(named(20));
    expect(world.read(named(20))).toBe(20);
    const lists = world.api.calls.filter((call) => call === `LIST ${ALL}`).length;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(world.api.calls.filter((call) => call === `LIST ${ALL}`)).toHaveLength(lists);
  });
});
