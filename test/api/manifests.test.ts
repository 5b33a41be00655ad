import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseText } from './parse-text.ts';

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/manifests/${name}`, import.meta.url), 'utf8');
}

describe('manifests written for Kedify', () => {
  it('reads the DSO of the guide unchanged', () => {
    const { dsos, problems } = parseText(fixture('guide-dso.yaml'));
    expect(problems).toEqual([]);
    expect(dsos).toMatchObject([
      {
        key: 'default/dso-demo',
        target: { group: 'apps', version: 'v1', kind: 'Deployment', name: 'dso-demo-app' },
        members: [
          { name: 'member-1', weight: 4, targetNamespace: 'default', min: 0, max: null, priority: 0 },
          { name: 'member-2', weight: 6, targetNamespace: 'default', min: 0, max: null, priority: 0 },
        ],
        triggers: [
          { resource: { resourceKind: 'ConfigMap', resourceName: 'dso-mock-metric', key: 'metric-value', target: 5 } },
        ],
        demand: { minReplicaCount: 0, maxReplicaCount: 10, cooldownMs: 300_000, behavior: null },
        advice: [],
      },
    ]);
  });

  it('is what the quickstart runs', () => {
    const quickstart = readFileSync(new URL('../../templates/quickstart/dso.yaml', import.meta.url), 'utf8');
    expect(quickstart).toBe(fixture('guide-dso.yaml'));
  });

  it('reads the ConfigMap of the guide and leaves its Deployment alone', () => {
    const { objects, problems } = parseText(
      `${fixture('guide-configmap.yaml')}---\n${fixture('guide-deployment.yaml')}`,
    );
    expect({ objects, problems }).toEqual({ objects: ['ConfigMap default/dso-mock-metric'], problems: [] });
  });

  it('reads the full example with both documents', () => {
    const { dsos, objects, problems } = parseText(fixture('kedify-full-example.yaml'));
    expect(problems).toEqual([]);
    expect(objects).toEqual(['ConfigMap default/dso-mock-metric', 'DistributedScaledObject default/nginx']);
    expect(dsos[0]?.members?.map(({ targetNamespace }) => targetNamespace)).toEqual(['default', 'web']);
  });

  it.each(['', '  memberClusters: []\n'])('takes all known members without a list', (list) => {
    const text = fixture('guide-dso.yaml').replace(/ {2}memberClusters:\n( {4}.*\n)+/, list);
    expect(parseText(text)).toMatchObject({ dsos: [{ members: null }], problems: [] });
  });

  it('accepts every field of the ScaledObject that Kedify accepts', () => {
    const { dsos, problems } = parseText(fixture('every-field.yaml'));
    expect(problems).toEqual([]);
    expect(dsos[0]?.demand.behavior?.scaleUp.tolerance).toBe(0.05);
    expect(dsos[0]?.demand.behavior?.scaleDown.tolerance).toBe(0.1);
  });

  it('reads the objects of a List', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }],
    };
    expect(parseText(JSON.stringify(list)).problems).toEqual([]);
  });
});
