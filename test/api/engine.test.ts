import { describe, expect, it } from 'vitest';
import { DsoManifest } from '../../src/api/dso.ts';
import { DEFAULT_DEMAND_SETTINGS, type EffectiveDso, effectiveDso } from '../../src/api/effective.ts';
import { scaledObjectOf } from '../../src/api/keda.ts';

const KNOWN = {
  type: 'kubernetes-resource',
  metadata: { resourceKind: 'ConfigMap', resourceName: 'load', key: 'value', targetValue: '5' },
};
const UNKNOWN = { type: 'prometheus', metadata: { query: 'up', threshold: '5' } };

interface Case {
  readonly trigger?: object;
  readonly engine?: string;
  readonly isCluster?: boolean;
  readonly scaledObjectSpec?: object;
}

function dsoOf({ trigger = KNOWN, engine, isCluster = true, scaledObjectSpec = {} }: Case): EffectiveDso {
  const manifest = DsoManifest.parse({
    apiVersion: 'keda.kedify.io/v1alpha1',
    kind: 'DistributedScaledObject',
    metadata: { name: 'web', ...(engine !== undefined && { annotations: { 'dso-gitops.dev/engine': engine } }) },
    spec: {
      memberClusters: [{ name: 'one' }],
      scaledObjectSpec: { scaleTargetRef: { name: 'web' }, triggers: [trigger], ...scaledObjectSpec },
    },
  });
  return effectiveDso(manifest, { ...DEFAULT_DEMAND_SETTINGS, isCluster });
}

function engineOf(one: Case): string {
  const found = dsoOf(one);
  return found.kind === 'dso' ? found.dso.engine : found.kind;
}

describe('the engine of a DSO', () => {
  it.each([
    [{}, 'builtin'],
    [{ engine: 'auto' }, 'builtin'],
    [{ engine: 'keda' }, 'keda'],
    [{ engine: 'manual' }, 'manual'],
    [{ engine: 'other' }, 'invalid'],
    [{ trigger: UNKNOWN }, 'keda'],
    [{ trigger: UNKNOWN, engine: 'auto' }, 'keda'],
    [{ trigger: UNKNOWN, engine: 'builtin' }, 'unsupported'],
    [{ trigger: UNKNOWN, engine: 'manual' }, 'manual'],
    [{ scaledObjectSpec: { advanced: { scalingModifiers: { formula: 'a + b', target: '2' } } } }, 'keda'],
    [{ isCluster: false }, 'builtin'],
    [{ isCluster: false, trigger: UNKNOWN }, 'unsupported'],
    [{ isCluster: false, trigger: UNKNOWN, engine: 'keda' }, 'unsupported'],
    [{ isCluster: false, engine: 'keda' }, 'unsupported'],
    [{ isCluster: false, engine: 'manual' }, 'manual'],
  ] as const)('of %j is %s', (one, expected) => {
    expect(engineOf(one)).toBe(expected);
  });

  it('keda takes the number of KEDA as it is: its bounds are in it already', () => {
    const bounds = { minReplicaCount: 2, maxReplicaCount: 5, cooldownPeriod: 60 };
    const found = dsoOf({ trigger: UNKNOWN, scaledObjectSpec: bounds });
    expect(found).toMatchObject({
      dso: {
        scaledObject: bounds,
        triggers: [{ id: 'scale', resource: { resourceKind: 'Scale', resourceName: 'web' } }],
        demand: { minReplicaCount: null, maxReplicaCount: 2_147_483_647, cooldownMs: -1, fallback: null },
      },
    });
    const byHand = dsoOf({ engine: 'manual', scaledObjectSpec: bounds });
    expect(byHand).toMatchObject({ dso: { scaledObject: null, demand: { minReplicaCount: 2, maxReplicaCount: 5 } } });
  });
});

it('a ScaledObject scales the DSO itself, and its end scales nothing', () => {
  const spec = {
    scaleTargetRef: { name: 'web', envSourceContainerName: 'main' },
    triggers: [UNKNOWN],
    advanced: { restoreToOriginalReplicaCount: true, scalingModifiers: { formula: 'a' } },
  };
  const annotations = { 'autoscaling.keda.sh/paused': 'true', 'scaledobject.keda.sh/x': 'y', 'dso-gitops.dev/z': '1' };
  expect(scaledObjectOf('web', annotations, spec)).toEqual({
    spec: {
      scaleTargetRef: { apiVersion: 'keda.kedify.io/v1alpha1', kind: 'DistributedScaledObject', name: 'web' },
      triggers: [UNKNOWN],
      initialCooldownPeriod: 300,
      advanced: { scalingModifiers: { formula: 'a' } },
    },
    annotations: { 'autoscaling.keda.sh/paused': 'true', 'scaledobject.keda.sh/x': 'y' },
  });
});

it('a ScaledObject that is new waits for the cooldown before it scales to zero', () => {
  const spec = { scaleTargetRef: { name: 'web' }, triggers: [UNKNOWN] };
  const of = (periods: object) => scaledObjectOf('web', {}, { ...spec, ...periods }).spec;
  expect(of({ cooldownPeriod: 60 })).toMatchObject({ initialCooldownPeriod: 60 });
  expect(of({ cooldownPeriod: 60, initialCooldownPeriod: 90 })).toMatchObject({ initialCooldownPeriod: 90 });
  expect(of({ cooldownPeriod: 0 })).toMatchObject({ initialCooldownPeriod: 0 });
});
