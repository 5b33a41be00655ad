import { describe, expect, it } from 'vitest';
import { DEFAULT_DEMAND_SETTINGS } from '../../src/api/effective.ts';
import { MemberLists } from '../../src/sources/member-lists.ts';
import { isNewsOfDso, keepDso } from '../../src/sources/stored-dso.ts';
import { manifestOf } from '../scenarios/world.ts';

interface Change {
  readonly generation?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly object[];
  readonly status?: object;
}

/** A DSO as a list of the API has it: without kind and apiVersion. */
function stored({ generation = 1, annotations = {}, managedFields = [], status = {} }: Change = {}): object {
  const { spec } = manifestOf({ name: 'a' }) as { spec: object };
  return {
    metadata: { name: 'a', namespace: 'default', uid: 'u', generation, annotations, managedFields },
    spec,
    status,
  };
}

const none = (): undefined => undefined;
const byAgent = {
  manager: 'kedify-agent',
  subresource: 'status',
  time: '2026-01-01T00:00:00Z',
  fieldsV1: { 'f:status': {} },
};

function keep(object: object, earlier: ReturnType<typeof keepDso> = null): ReturnType<typeof keepDso> {
  return keepDso(
    object,
    { settings: DEFAULT_DEMAND_SETTINGS, lists: new MemberLists(), now: Date.parse('2026-01-01T12:00:00Z') },
    earlier ? () => earlier[1] : none,
  );
}

it('is not parsed again when only its status changed', () => {
  const first = keep(stored());
  const second = keep(stored({ status: { totalCurrentReplicas: 4 } }), first);
  expect(first?.[1].dso.effective.kind).toBe('dso');
  expect(second?.[1].dso.effective).toBe(first?.[1].dso.effective);
  expect(second?.[1].dso.stored?.status.unpack()).toEqual({ totalCurrentReplicas: 4 });
  const third = keep(stored({ generation: 2 }), second);
  expect(third?.[1].dso.effective).not.toBe(first?.[1].dso.effective);
});

it('is no news where only its status is another one', () => {
  const isNews = (after: object): boolean => {
    const first = keep(stored());
    const second = keep(stored(after), first);
    if (!first || !second) throw new Error('it cannot be read');
    return isNewsOfDso(first[1], second[1]);
  };
  expect(
    isNews({
      resourceVersion: '9',
      status: { totalCurrentReplicas: 4, gitOps: { lastCommit: 'abc', engine: 'builtin' } },
    }),
  ).toBe(false);
  expect(isNews({ status: { gitOps: { engine: 'keda' } } })).toBe(true);
  expect(isNews({ generation: 2 })).toBe(true);
  expect(isNews({ managedFields: [byAgent] })).toBe(true);
  expect(isNews({ annotations: { 'dso-gitops.dev/requestedAt': '1' } })).toBe(true);
});

it('tells who else writes the status, and whether a person said that it is over', () => {
  expect(keep(stored())?.[1].dso.stored?.foreignWriter).toBeNull();
  const ours = { ...byAgent, manager: 'dso-gitops' };
  const scale = { ...byAgent, subresource: 'scale' };
  expect(keep(stored({ managedFields: [ours, scale] }))?.[1].dso.stored?.foreignWriter).toBeNull();
  expect(keep(stored({ managedFields: [ours, byAgent] }))?.[1].dso.stored?.foreignWriter).toMatchObject({
    manager: 'kedify-agent',
    isTakenOver: false,
  });
  const takeOver = (time: string): object =>
    stored({ managedFields: [byAgent], annotations: { 'dso-gitops.dev/take-over': time } });
  expect(keep(takeOver('2026-01-01T00:00:00Z'))?.[1].dso.stored?.foreignWriter?.isTakenOver).toBe(true);
  expect(keep(takeOver('2025-12-31T23:59:59Z'))?.[1].dso.stored?.foreignWriter?.isTakenOver).toBe(false);
  for (const text of ['soon', 'true', '1767225600', '2026-01-01 00:00:00', '2027-01-01T00:00:00Z'])
    expect(keep(takeOver(text))?.[1].dso.stored?.foreignWriter).toMatchObject({
      isTakenOver: false,
      problem: expect.stringMatching(/take-over does not count: expected the time .* found /),
    });
});

describe('the subresource scale', () => {
  const scaled = { 'f:spec': { 'f:totalTargetReplicas': {} } };
  const byAuthor = { manager: 'kubectl-client-side-apply', time: '2026-01-01T10:00:00Z', fieldsV1: scaled };
  // As the API server has it: without a time.
  const byScale = { manager: 'kubectl', subresource: 'scale', fieldsV1: scaled };
  const scaleOf = (replicas: number, managedFields: readonly object[], status = {}) => {
    const object = stored({ managedFields, status }) as { spec: object };
    return keep({ ...object, spec: { ...object.spec, totalTargetReplicas: replicas } })?.[1].dso.scale ?? null;
  };

  it('says a number only where it was written through it', () => {
    expect(scaleOf(7, [byAuthor])).toBeNull();
    expect(scaleOf(7, [byAuthor, byScale])).toBeNull();
    expect(scaleOf(7, [byScale])?.data.get('replicas')).toEqual({ kind: 'text', text: '7' });
    // As the API server has it after a 0.
    expect(scaleOf(7, [])?.data.get('replicas')).toEqual({ kind: 'text', text: '7' });
  });

  it('says 0 only where another number has counted for this very object: it looks as if nobody had written it', () => {
    const counted = { gitOps: { scale: { counted: 7 } } };
    expect(scaleOf(0, [])).toBeNull();
    expect(scaleOf(0, [], counted)?.data.get('replicas')).toEqual({ kind: 'text', text: '0' });
    expect(scaleOf(0, [byAuthor], counted)).toBeNull();
  });

  it('does not count where it said the same while the triggers decided', () => {
    const before = { gitOps: { scale: { before: 7 } } };
    expect(scaleOf(7, [byScale], before)).toBeNull();
    expect(scaleOf(8, [byScale], before)).not.toBeNull();
  });
});
