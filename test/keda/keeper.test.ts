import { beforeEach, describe, expect, it } from 'vitest';
import { DsoManifest } from '../../src/api/dso.ts';
import { DEFAULT_DEMAND_SETTINGS, effectiveDso } from '../../src/api/effective.ts';
import { SEEDED, SEEDED_AT } from '../../src/api/keda.ts';
import { ProductError } from '../../src/errors.ts';
import { ScaledObjectKeeper } from '../../src/keda/keeper.ts';
import type { ScaledObjectApi, WantedScaledObject, WrittenScaledObject } from '../../src/keda/scaled-object-api.ts';
import type { TickResult } from '../../src/reconcile/outcome.ts';
import type { HubDso, StoredDso } from '../../src/sources/hub.ts';
import { Packed } from '../../src/sources/packed.ts';
import type { KeptScaledObject, ScaledObjectState } from '../../src/sources/scaled-objects.ts';

const STORED: StoredDso = {
  namespace: 'shop',
  name: 'web',
  uid: 'dso-1',
  generation: 1,
  resourceVersion: '10',
  status: new Packed(undefined),
  lastCommit: null,
  replicas: 0,
  scale: 0,
  engine: 'keda',
  counted: null,
  requestedAt: null,
  isBeingDeleted: false,
  foreignWriter: null,
};

let calls: string[];
let fails: Error | null;
let state: ScaledObjectState | null;
let written: WrittenScaledObject;
let refusals: number;
let now: number;
/** What the API server adds to annotations. */
let added: Readonly<Record<string, string>>;

/** What the API server has after a write. */
function keep(wanted: WantedScaledObject, uid: string): WrittenScaledObject {
  written = { uid, generation: written.generation + 1, annotations: { ...wanted.annotations, ...added } };
  return written;
}

function call(text: string): void {
  calls.push(text);
  if (fails) throw fails;
}

const api: ScaledObjectApi = {
  scale: async (dso, total) => {
    call(`scale ${dso.uid} ${total}`);
    return '42';
  },
  create: async (_dso, wanted) => {
    call(`create ${JSON.stringify((wanted.spec as { triggers: object }).triggers)}`);
    return keep(wanted, 'so-1');
  },
  replace: async (_dso, uid, wanted) => {
    call(`replace ${uid}`);
    return keep(wanted, uid);
  },
  remove: async (_dso, uid) => call(`remove ${uid}`),
};

function dsoOf({ engine = 'keda', query = 'up', stored = {} as Partial<StoredDso> } = {}): HubDso {
  const manifest = DsoManifest.parse({
    apiVersion: 'keda.kedify.io/v1alpha1',
    kind: 'DistributedScaledObject',
    metadata: { name: 'web', namespace: 'shop', annotations: { 'dso-gitops.dev/engine': engine } },
    spec: {
      memberClusters: [{ name: 'one' }],
      scaledObjectSpec: {
        scaleTargetRef: { name: 'web' },
        triggers: [{ type: 'prometheus', metadata: { query } }],
      },
    },
  });
  const effective = effectiveDso(manifest, { ...DEFAULT_DEMAND_SETTINGS, isCluster: true });
  const locate = (): string => 'here';
  return { key: 'shop/web', where: 'here', effective, locate, stored: { ...STORED, ...stored }, scale: null };
}

/** A tick with one DSO and the total that is decided for it. */
function tickOf(dso: HubDso | null, total: number | null): TickResult {
  const decided = total === null ? null : { state: { demand: { total } } };
  const tick = { dsos: dso ? [dso] : [], outcomes: dso ? [{ key: dso.key, decided }] : [] };
  return tick as unknown as TickResult;
}

function shown(change: Partial<KeptScaledObject> = {}): ScaledObjectState {
  const owner = { what: 'DistributedScaledObject web', uid: 'dso-1' };
  return { kind: 'own', object: { ...written, isBeingDeleted: false, owner, conditions: {}, ...change } };
}

let keeper: ScaledObjectKeeper;

/** Offers a tick and waits for what it begins. */
async function offer(dso: HubDso | null, total: number | null): Promise<readonly string[]> {
  calls = [];
  keeper.offer(tickOf(dso, total));
  await new Promise((resolve) => setTimeout(resolve, 5));
  return calls;
}

beforeEach(() => {
  [calls, fails, refusals, now, added] = [[], null, 0, 0, {}];
  state = { kind: 'absent' };
  written = { uid: '', generation: 0, annotations: {} };
  keeper = new ScaledObjectKeeper({
    api,
    stateOf: () => state,
    now: () => now,
    onWrite: () => undefined,
    onRefused: () => {
      refusals += 1;
    },
  });
});

describe('the ScaledObject of a DSO', () => {
  it('is made once, after its total is known and written', async () => {
    expect(await offer(dsoOf(), null)).toEqual([]);
    expect(await offer(dsoOf(), 12)).toEqual(['scale dso-1 12', expect.stringContaining('create')]);
    expect(written.annotations).toMatchObject({ [SEEDED]: '12', [SEEDED_AT]: '42' });
    // The watch does not show it yet.
    expect(await offer(dsoOf(), 12)).toEqual([]);
    state = shown();
    expect(await offer(dsoOf(), 12)).toEqual([]);
    // Somebody deletes it.
    state = { kind: 'absent' };
    expect(await offer(dsoOf(), 15)).toEqual(['scale dso-1 15', expect.stringContaining('create')]);
  });

  it('is neither made nor removed where nobody knows whether it is there, or it is not ours', async () => {
    for (const one of [null, { kind: 'foreign', owner: null }] as const) {
      state = one;
      expect(await offer(dsoOf(), 12)).toEqual([]);
      expect(await offer(dsoOf({ engine: 'manual' }), 12)).toEqual([]);
    }
    const problem = { reason: 'HubUnreachable', message: '', since: 0, isRefused: true };
    state = { kind: 'unknown', problem };
    expect(await offer(dsoOf(), 12)).toEqual([]);
    expect(await offer(dsoOf({ engine: 'manual' }), 12)).toEqual([]);
  });

  it('is brought in line once, also where the API server adds to it, and those of others stay', async () => {
    added = { 'autoscaling.keda.sh/added': 'x' };
    await offer(dsoOf(), 12);
    state = shown();
    expect(await offer(dsoOf(), 12)).toEqual([]);
    // Somebody edits the spec, and an annotation of KEDA.
    state = shown({ generation: written.generation + 1 });
    expect(await offer(dsoOf(), 12)).toEqual(['replace so-1']);
    state = shown({ annotations: { ...written.annotations, 'autoscaling.keda.sh/paused': 'true', other: 'y' } });
    expect(await offer(dsoOf(), 12)).toEqual(['replace so-1']);
    expect(written.annotations).toEqual({ [SEEDED]: '12', [SEEDED_AT]: '42', other: 'y', ...added });
    state = shown();
    expect(await offer(dsoOf(), 12)).toEqual([]);
    expect(await offer(dsoOf({ query: 'down' }), 12)).toEqual(['replace so-1']);
  });

  it('is given the total again when somebody else wrote another one', async () => {
    await offer(dsoOf(), 12);
    state = shown();
    await offer(dsoOf(), 12);
    const overwritten = { replicas: 0, scale: null, counted: 40 };
    expect(await offer(dsoOf({ stored: overwritten }), 40)).toEqual(['scale dso-1 40', 'replace so-1']);
    expect(written.annotations).toMatchObject({ [SEEDED]: '40' });
  });

  it('is removed when its DSO has another engine, whatever the status says of it', async () => {
    await offer(dsoOf(), 12);
    state = shown();
    expect(await offer(dsoOf({ engine: 'manual', stored: { engine: 'manual' } }), 12)).toEqual(['remove so-1']);
    state = shown({ isBeingDeleted: true });
    expect(await offer(dsoOf({ engine: 'manual' }), 12)).toEqual([]);
  });
});

describe('what failed', () => {
  beforeEach(() => {
    fails = new ProductError('act', 'Refused', 'no');
  });

  /** The time of the next try comes. */
  async function again(): Promise<readonly string[]> {
    [fails, calls, now] = [null, [], now + 120_000];
    await keeper.flush(new AbortController().signal);
    return calls;
  }

  it('is tried again with what is wanted by then', async () => {
    expect(await offer(dsoOf({ query: 'wrong' }), 12)).toEqual(['scale dso-1 12']);
    await offer(dsoOf({ query: 'right' }), 50);
    expect(await again()).toEqual(['scale dso-1 50', expect.stringContaining('right')]);
  });

  it.each([
    ['another engine', () => dsoOf({ engine: 'manual' })],
    ['no such DSO', () => null],
    ['one that is being deleted', () => dsoOf({ stored: { isBeingDeleted: true } })],
  ])('is not tried again with %s', async (_, dso) => {
    await offer(dsoOf(), 12);
    await offer(dso(), 12);
    expect(await again()).toEqual([]);
  });

  it('because others were faster is looked at again', async () => {
    fails = new ProductError('retry', 'Conflict', 'it is there already');
    await offer(dsoOf(), 12);
    expect(refusals).toBe(1);
  });
});
