import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ApiFailure, tooLarge } from '../../src/kubernetes/failure.ts';
import { Reflector } from '../../src/kubernetes/reflector.ts';
import { configMap, listOf, quiet, type Script, ScriptedApi } from './scripted-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';

/** A reflector on a clock that the script moves. */
function follow(script: (clock: { now: number }) => Script): {
  readonly reflector: Reflector<string>;
  readonly api: ScriptedApi;
} {
  const clock = { now: 1_000_000 };
  const api = new ScriptedApi(script(clock));
  const reflector = new Reflector<string>({
    client: api,
    collection: { path: PATH, name: null, form: null },
    keep: (object) => {
      const { metadata, data } = object as { metadata: { name: string }; data: { v?: string } };
      return [metadata.name, data.v ?? ''];
    },
    changed: () => undefined,
    what: 'configmaps',
    now: () => clock.now,
    isOnce: false,
  });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  reflector.start(stop.signal);
  return { reflector, api };
}

const silence = (): ApiFailure => new ApiFailure(0, '', 'nothing was heard');

describe('an API server that swallows every packet', () => {
  it('is noticed, however long each try takes, since it was heard last', async () => {
    const { reflector } = follow((clock) => ({
      list: (_, number) => {
        if (number === 0) return listOf('5', [configMap('a', { v: '1' })]);
        clock.now += 30_000;
        throw silence();
      },
      watch: (_, number) => {
        clock.now += number === 0 ? 0 : 30_000;
        if (number > 0) throw silence();
        return (async function* () {
          clock.now += 20_000;
          yield { type: 'BOOKMARK', object: { metadata: { resourceVersion: '6' } } };
          clock.now += 90_000;
          throw silence();
        })();
      },
    }));
    await vi.waitFor(() => expect(reflector.problem?.reason).toBe('HubUnreachable'));
    expect(reflector.failingSince).toBe(1_020_000);
    expect([...reflector.items]).toEqual([['a', '1']]);
  });

  it('is noticed before it ever said anything', async () => {
    const { reflector } = follow((clock) => ({
      list: () => {
        clock.now += 30_000;
        throw silence();
      },
      watch: quiet,
    }));
    await reflector.settled();
    expect(reflector.problem?.reason).toBe('HubUnreachable');
    expect(reflector.failingSince).toBe(1_000_000);
  });
});

describe('an API server whose etcd was set back to an older state', () => {
  const before = listOf('4200', [configMap('old', { v: '1' }), configMap('newer', { v: '1' })]);
  const restored = listOf('300', [configMap('old', { v: '2' })]);
  const list: Script['list'] = (_, number) => (number === 0 ? before : restored);
  const isFollowed = async (script: (clock: { now: number }) => Script): Promise<ScriptedApi> => {
    const { reflector, api } = follow(script);
    await vi.waitFor(() => expect([...reflector.items]).toEqual([['old', '2']]));
    await vi.waitFor(() => expect(api.calls.at(-1)).toBe(`WATCH ${PATH} from 300`));
    return api;
  };

  it('is listed again when a watch ended that said nothing', async () => {
    await isFollowed(() => ({ list, watch: (call, number) => (number === 0 ? ended() : quiet(call)) }));
  });

  it('is listed again when nothing but heads came for longer than bookmarks take', async () => {
    const api = await isFollowed((clock) => ({
      list,
      watch: (call, number) => (number < 3 ? cutAfter(clock, 30_000) : quiet(call)),
    }));
    expect(api.calls.filter((call) => call.startsWith('LIST'))).toHaveLength(2);
    expect(api.calls.filter((call) => call.endsWith('from 4200'))).toHaveLength(3);
  });

  it('is listed again when a version is lower than the last one', async () => {
    const event = { type: 'MODIFIED', object: configMap('old', { v: '2' }, '301') };
    await isFollowed(() => ({ list, watch: (call, number) => (number === 0 ? saying(event) : quiet(call)) }));
  });
});

it('goes on from the last version where a watch is cut', async () => {
  const event = { type: 'MODIFIED', object: configMap('a', { v: '2' }, '10') };
  const { api, reflector } = follow((clock) => ({
    list: () => listOf('9', [configMap('a', { v: '1' })]),
    watch: (call, number) => {
      if (number === 0) return cutAfter(clock, 30_000);
      return number === 1 ? saying(event) : quiet(call);
    },
  }));
  await vi.waitFor(() => expect(api.calls.length).toBeGreaterThan(3));
  expect(api.calls).toEqual([`LIST ${PATH}`, `WATCH ${PATH} from 9`, `WATCH ${PATH} from 9`, `WATCH ${PATH} from 10`]);
  expect([...reflector.items]).toEqual([['a', '2']]);
});

it.each([410, 500])('lists again after an error %i in a watch', async (code) => {
  const event = { type: 'ERROR', object: { code, message: 'x' } };
  const { api, reflector } = follow(() => ({
    list: (_, number) => listOf(String(number + 1), [configMap('a', { v: String(number) })]),
    watch: (call, number) => (number === 0 ? saying(event) : quiet(call)),
  }));
  await vi.waitFor(() => expect([...reflector.items]).toEqual([['a', '1']]));
  await vi.waitFor(() => expect(api.calls.at(-1)).toBe(`WATCH ${PATH} from 2`));
});

it('lists in smaller pages where the objects are large, and keeps those of all pages', async () => {
  const limits: number[] = [];
  const { reflector } = follow(() => ({
    list: ({ query }) => {
      const limit = Number(query?.['limit']);
      const first = Number(query?.['continue'] ?? 0);
      limits.push(limit);
      if (limit > 125) throw tooLarge('the answer is too large');
      const names = Array.from({ length: limit }, (_, index) => `c${first + index}`);
      const next = first === 0 ? { continue: String(limit) } : {};
      return { metadata: { resourceVersion: '7', ...next }, items: names.map((name) => configMap(name)) };
    },
    watch: quiet,
  }));
  await reflector.settled();
  expect(limits).toEqual([500, 250, 125, 125]);
  expect(reflector.items.size).toBe(250);
});

async function* ended(): AsyncGenerator<unknown, void, undefined> {
  // The server closed it in time.
}

async function* saying(...events: readonly object[]): AsyncGenerator<unknown, void, undefined> {
  yield* events;
}

async function* cutAfter(clock: { now: number }, ms: number): AsyncGenerator<unknown, void, undefined> {
  clock.now += ms;
  yield* saying();
  throw new Error('read ECONNRESET');
}
