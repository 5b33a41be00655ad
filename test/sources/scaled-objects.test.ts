import { describe, expect, it } from 'vitest';
import type { StoredDso } from '../../src/sources/hub.ts';
import { type KeptScaledObject, whyNotCounted } from '../../src/sources/scaled-objects.ts';

type Seen = Pick<StoredDso, 'name' | 'resourceVersion' | 'scale' | 'counted'>;

const DSO: Seen = { name: 'web', resourceVersion: '100', scale: 3, counted: null };
const OBJECT: KeptScaledObject = {
  uid: 'so',
  generation: 1,
  annotations: { 'dso-gitops.dev/seeded': '90' },
  isBeingDeleted: false,
  owner: { what: 'DistributedScaledObject web', uid: 'dso' },
  conditions: { Ready: { status: 'True', message: '' }, Active: { status: 'True', message: '' } },
};

function reasonOf(object: Partial<KeptScaledObject>, dso: Partial<Seen> = {}) {
  const state = { kind: 'own', object: { ...OBJECT, ...object } } as const;
  return whyNotCounted(state, { ...DSO, ...dso })?.reason ?? null;
}

function says(ready: string, active: string) {
  return { conditions: { Ready: { status: ready, message: 'because' }, Active: { status: active, message: '' } } };
}

describe('a number in scale that KEDA writes', () => {
  it('counts while its ScaledObject is there and ready', () => {
    expect(reasonOf({})).toBeNull();
    expect(reasonOf({ annotations: {} })).toBeNull();
  });

  it('does not count before the DSO is shown with the total that the ScaledObject began with', () => {
    expect(reasonOf({ annotations: { 'dso-gitops.dev/seeded': '101' } })).toBe('ScaledObjectPending');
    expect(reasonOf({ annotations: { 'dso-gitops.dev/seeded': '1000' } }, { resourceVersion: '999' })).toBe(
      'ScaledObjectPending',
    );
    expect(reasonOf({ annotations: { 'dso-gitops.dev/seeded': '1000' } }, { resourceVersion: '1000' })).toBeNull();
  });

  it('does not count while it is being deleted, is not ready, or was not looked at', () => {
    expect(reasonOf({ isBeingDeleted: true })).toBe('ScaledObjectPending');
    expect(reasonOf(says('False', 'True'))).toBe('ScaledObjectNotReady');
    expect(reasonOf(says('Unknown', 'True'))).toBe('ScaledObjectPending');
    expect(reasonOf({ conditions: {} })).toBe('ScaledObjectPending');
  });

  it('is no 0 before KEDA has found that nothing is active', () => {
    expect(reasonOf(says('True', 'True'), { scale: 0 })).toBe('ScaledObjectPending');
    expect(reasonOf(says('True', 'Unknown'), { scale: 0 })).toBe('ScaledObjectPending');
    expect(reasonOf(says('True', 'False'), { scale: 0 })).toBeNull();
    expect(reasonOf(says('True', 'True'), { scale: 0, counted: 4 })).toBeNull();
  });

  it('does not count where the ScaledObject is not there, or not ours', () => {
    expect(whyNotCounted({ kind: 'absent' }, DSO)?.reason).toBe('ScaledObjectPending');
    expect(whyNotCounted({ kind: 'foreign', owner: null }, DSO)).toMatchObject({ reason: 'ScaledObjectForeign' });
    expect(whyNotCounted({ kind: 'foreign', owner: 'Deployment x' }, DSO)?.message).toContain('Deployment x');
  });
});
