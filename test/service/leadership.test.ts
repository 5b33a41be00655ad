import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ProductError } from '../../src/errors.ts';
import { LEASE_MS, Leadership, type Lease, type LeaseStore, type StoredLease } from '../../src/service/leadership.ts';

/** Leases with optimistic concurrency, as the API server keeps them. */
class Leases implements LeaseStore {
  readonly all = new Map<string, StoredLease>();
  error: ProductError | null = null;
  /** What is written is kept, and nobody is told so. */
  isAnswerLost = false;
  /** The next write finds another version than the one that was read. */
  isTouched = false;
  #version = 0;

  async read(name: string): Promise<StoredLease | null> {
    if (this.error) throw this.error;
    return this.all.get(name) ?? null;
  }

  async write(name: string, lease: Lease, replaced: StoredLease | null): Promise<StoredLease | null> {
    if (this.error) throw this.error;
    const there = this.all.get(name);
    if (there && this.isTouched) this.all.set(name, { ...there, version: `${there.version}, touched` });
    this.isTouched = false;
    if (this.all.get(name)?.version !== replaced?.version) return null;
    this.#version += 1;
    const stored = { ...lease, version: String(this.#version) };
    this.all.set(name, stored);
    if (this.isAnswerLost) throw new ProductError('later', 'HubUnreachable', 'the answer was lost');
    return stored;
  }
}

class Clock {
  own = 0;
  wall = 1_767_225_600_000;

  pass(ms: number): void {
    this.own += ms;
    this.wall += ms;
  }
}

function candidate(store: LeaseStore, identity: string, clock: Clock, names: readonly string[] = ['one']): Leadership {
  return new Leadership({ store, names, identity, now: () => clock.wall, clock: () => clock.own });
}

describe('leadership', () => {
  it('is the first one’s, and another one knows whose', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const [a, b] = [candidate(store, 'a', clock), candidate(store, 'b', clock)];
    expect([await a.attempt(), a.isHeld]).toEqual([null, true]);
    expect([await b.attempt(), b.isHeld, b.holder]).toEqual([null, false, 'a']);
    expect(store.all.get('one')).toMatchObject({ holder: 'a', durationSeconds: 8, transitions: 0 });
  });

  it('goes on by renewing, and changes hands when that ends', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const [a, b] = [candidate(store, 'a', clock), candidate(store, 'b', clock)];
    await a.attempt();
    const { acquiredAt } = store.all.get('one') ?? {};
    for (let round = 0; round < 10; round += 1) {
      clock.pass(2000);
      await a.attempt();
      await b.attempt();
      expect([a.isHeld, b.isHeld]).toEqual([true, false]);
    }
    expect(store.all.get('one')).toMatchObject({ acquiredAt, renewedAt: clock.wall });
    clock.pass(LEASE_MS - 1);
    await b.attempt();
    expect([a.isHeld, b.isHeld]).toEqual([false, false]);
    clock.pass(1);
    await b.attempt();
    expect([b.isHeld, store.all.get('one')?.transitions]).toEqual([true, 1]);
    await a.attempt();
    expect([a.isHeld, a.holder]).toEqual([false, 'b']);
  });

  it('ends by the own clock, well before another one can begin', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const a = candidate(store, 'a', clock);
    await a.attempt();
    clock.pass(5499);
    expect(a.isHeld).toBe(true);
    clock.pass(1);
    expect(a.isHeld).toBe(false);
  });

  it('does not end because a clock was set, here or at another one', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const [a, b] = [candidate(store, 'a', clock), candidate(store, 'b', clock)];
    await a.attempt();
    clock.wall += 3_600_000;
    await b.attempt();
    expect([a.isHeld, b.isHeld]).toEqual([true, false]);
    clock.wall -= 7_200_000;
    await b.attempt();
    expect([a.isHeld, b.isHeld]).toEqual([true, false]);
  });

  it('survives an API server that does not answer for a moment, and no longer', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const a = candidate(store, 'a', clock);
    await a.attempt();
    store.error = new ProductError('later', 'HubUnreachable', 'away');
    clock.pass(4000);
    expect([await a.attempt(), a.isHeld]).toEqual([store.error, true]);
    clock.pass(2000);
    expect([await a.attempt(), a.isHeld]).toEqual([store.error, false]);
    store.error = null;
    expect([await a.attempt(), a.isHeld]).toEqual([null, true]);
  });

  it('is not had by who was slower to write', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const a = candidate(store, 'a', clock);
    const slow: LeaseStore = {
      read: (name) => store.read(name),
      write: async (name, lease, replaced) => {
        await a.attempt();
        return store.write(name, lease, replaced);
      },
    };
    const b = candidate(slow, 'b', clock);
    expect([await b.attempt(), b.isHeld, a.isHeld]).toEqual([null, false, true]);
  });

  it('is given back at once', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const [a, b] = [candidate(store, 'a', clock), candidate(store, 'b', clock)];
    await a.attempt();
    await a.release();
    await b.attempt();
    expect([a.isHeld, b.isHeld]).toEqual([false, true]);
    await a.release();
    expect(store.all.get('one')?.holder).toBe('b');
  });

  it('is given back also where the answer to a renewal was lost', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const a = candidate(store, 'a', clock);
    for (let round = 0; round < 2; round += 1) {
      store.isAnswerLost = round === 1;
      await a.attempt();
    }
    store.isAnswerLost = false;
    await a.release();
    expect(store.all.get('one')?.holder).toBe('');
  });

  it('is not kept in part by two that share only some of it', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    // Each is faster at one of those that they share.
    const slowAt = (slow: string): LeaseStore => ({
      read: async (name) => {
        await sleep(name === slow ? 20 : 0);
        return store.read(name);
      },
      write: (name, lease, replaced) => store.write(name, lease, replaced),
    });
    const a = candidate(slowAt('4'), 'a', clock, ['1', '3', '4']);
    const b = candidate(slowAt('3'), 'b', clock, ['2', '3', '4']);
    await Promise.all([a.attempt(), b.attempt()]);
    expect([a.isHeld, b.isHeld]).toEqual([false, false]);
    await b.attempt();
    expect([a.isHeld, b.isHeld]).toEqual([false, true]);
  });

  it('does not end by a conflict with an own renewal that landed late', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const a = candidate(store, 'a', clock);
    await a.attempt();
    clock.pass(2000);
    store.isTouched = true;
    expect([await a.attempt(), a.isHeld]).toEqual([null, true]);
  });

  it('is not taken any more when an attempt has failed', async () => {
    const [leases, clock] = [new Leases(), new Clock()];
    const store: LeaseStore = {
      read: async (name) => {
        if (name === 'b') throw new ProductError('later', 'HubUnreachable', 'no');
        await sleep(name === 'c' ? 20 : 0);
        return leases.read(name);
      },
      write: (name, lease, replaced) => leases.write(name, lease, replaced),
    };
    const a = candidate(store, 'a', clock, ['a', 'b', 'c']);
    expect(await a.attempt()).toMatchObject({ reason: 'HubUnreachable' });
    await a.release();
    await sleep(40);
    expect([...leases.all.values()].map(({ holder }) => holder)).toEqual(['', '']);
  });

  it('is whole: who has not all of it has nothing', async () => {
    const [store, clock] = [new Leases(), new Clock()];
    const [a, b] = [candidate(store, 'a', clock, ['one']), candidate(store, 'b', clock, ['another', 'one'])];
    await a.attempt();
    await b.attempt();
    expect([b.isHeld, b.holder]).toEqual([false, 'a']);
    await a.release();
    await b.attempt();
    expect([b.isHeld, [...store.all.values()].map(({ holder }) => holder)]).toEqual([true, ['b', 'b']]);
  });

  it('of many is taken in the time of two calls, and given back as far as that can be done', async () => {
    const [leases, clock] = [new Leases(), new Clock()];
    let running = 0;
    let highest = 0;
    const slow = async <T>(work: () => Promise<T>): Promise<T> => {
      running += 1;
      highest = Math.max(highest, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return work();
    };
    let refused = '';
    const store: LeaseStore = {
      read: (name) => slow(() => leases.read(name)),
      write: (name, lease, replaced) => {
        if (name === refused) throw new ProductError('later', 'HubUnreachable', 'no');
        return slow(() => leases.write(name, lease, replaced));
      },
    };
    const names = Array.from({ length: 60 }, (_, index) => `lease-${index}`);
    const a = candidate(store, 'a', clock, names);
    expect([await a.attempt(), a.isHeld, highest]).toEqual([null, true, 59]);
    refused = 'lease-0';
    await expect(a.release()).rejects.toMatchObject({ reason: 'HubUnreachable' });
    expect([...leases.all].filter(([, { holder }]) => holder !== '').map(([name]) => name)).toEqual(['lease-0']);
  });
});
