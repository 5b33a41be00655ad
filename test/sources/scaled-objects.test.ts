import { describe, expect, it } from 'vitest';
import { type KeptScaledObject, type ScaledDso, whyNotCounted } from '../../src/sources/scaled-objects.ts';

const DSO: ScaledDso = { name: 'web', resourceVersion: '100', replicas: 3, scale: 3, counted: null };
const OBJECT: KeptScaledObject = {
  uid: 'so',
  generation: 1,
  annotations: { 'dso-gitops.dev/seeded-at': '90' },
  isBeingDeleted: false,
  owner: { what: 'DistributedScaledObject web', uid: 'dso' },
  ...says('True', 'True'),
};

function reasonOf(object: Partial<KeptScaledObject>, dso: Partial<ScaledDso> = {}) {
  const state = { kind: 'own', object: { ...OBJECT, ...object } } as const;
  return whyNotCounted(state, { ...DSO, ...dso })?.reason ?? null;
}

function says(ready: string, active: string, reason = 'Test'): Pick<KeptScaledObject, 'conditions'> {
  return {
    conditions: {
      Ready: { status: ready, reason, message: 'because' },
      Active: { status: active, reason, message: '' },
    },
  };
}

describe('a number in scale that KEDA writes', () => {
  it('counts while its ScaledObject is there and ready', () => {
    expect(reasonOf({})).toBeNull();
    expect(reasonOf({ annotations: {} })).toBeNull();
  });

  it('does not count before the DSO is shown with the total that the ScaledObject began with', () => {
    expect(reasonOf({ annotations: { 'dso-gitops.dev/seeded-at': '101' } })).toBe('ScaledObjectPending');
    expect(reasonOf({ annotations: { 'dso-gitops.dev/seeded-at': '1000' } }, { resourceVersion: '999' })).toBe(
      'ScaledObjectPending',
    );
    expect(reasonOf({ annotations: { 'dso-gitops.dev/seeded-at': '1000' } }, { resourceVersion: '1000' })).toBeNull();
  });

  it('does not count while it is being deleted, is not ready, or was not looked at', () => {
    expect(reasonOf({ isBeingDeleted: true })).toBe('ScaledObjectPending');
    expect(reasonOf(says('False', 'True'))).toBe('ScaledObjectNotReady');
    expect(reasonOf(says('Unknown', 'True'))).toBe('ScaledObjectPending');
    expect(reasonOf({ conditions: {} })).toBe('ScaledObjectPending');
  });

  it('counts while some of several triggers fail: the HPA goes on with the others', () => {
    expect(reasonOf(says('Unknown', 'True', 'PartialTriggerError'))).toBeNull();
  });

  it('does not count when somebody else wrote another one', () => {
    const given = { annotations: { 'dso-gitops.dev/seeded': '7', 'dso-gitops.dev/seeded-at': '90' } };
    expect(reasonOf(given, { replicas: 0, scale: null, counted: 3 })).toBe('ScaledObjectPending');
    expect(reasonOf(given, { replicas: 3, scale: null, counted: 3 })).toBeNull();
    expect(reasonOf(given, { replicas: 7, scale: null })).toBeNull();
    expect(reasonOf(given, { replicas: 7, scale: null, counted: 3 })).toBe('ScaledObjectPending');
  });

  it('is no 0 before KEDA has found that nothing is active', () => {
    expect(reasonOf(says('True', 'True'), { replicas: 0, scale: 0 })).toBe('ScaledObjectPending');
    expect(reasonOf(says('True', 'Unknown'), { replicas: 0, scale: 0 })).toBe('ScaledObjectPending');
    expect(reasonOf(says('True', 'False'), { replicas: 0, scale: 0 })).toBeNull();
    expect(reasonOf(says('True', 'True'), { replicas: 0, scale: 0, counted: 4 })).toBeNull();
  });

  it('does not count where the ScaledObject is not there, or not ours', () => {
    expect(whyNotCounted({ kind: 'absent' }, DSO)?.reason).toBe('ScaledObjectPending');
    expect(whyNotCounted({ kind: 'foreign', owner: null }, DSO)).toMatchObject({ reason: 'ScaledObjectForeign' });
    expect(whyNotCounted({ kind: 'foreign', owner: 'Deployment x' }, DSO)?.message).toContain('Deployment x');
  });
});
