import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BAD_DSOS } from './bad-dso.ts';
import { parseText } from './parse-text.ts';

const GUIDE = readFileSync(new URL('../fixtures/manifests/guide-dso.yaml', import.meta.url), 'utf8');

describe('a DSO that is refused', () => {
  it.each(BAD_DSOS)(
    'says what is wrong, where, and what was expected and found: $name',
    ({ replace, by, problems }) => {
      expect(GUIDE).toContain(replace);
      const parsed = parseText(GUIDE.replace(replace, () => by));
      expect(parsed.problems).toEqual(problems);
      expect(parsed.dsos).toEqual([]);
    },
  );

  it('says all that is wrong with values and keys together', () => {
    const text = GUIDE.replace('weight: 4', 'weight: -1')
      .replace('weight: 6', 'wieght: 6')
      .replace('maxReplicaCount: 10', 'maxReplicaCount: ten')
      .replace('targetValue: "5"', 'targetValue: 5');
    expect(parseText(text).problems).toEqual([
      'dso.yaml:9: spec.memberClusters[0].weight: expected at least 0; found -1',
      'dso.yaml:11: spec.memberClusters[1].wieght: unknown key "wieght"; did you mean "weight"?',
      'dso.yaml:24: spec.scaledObjectSpec.triggers[0].metadata.targetValue: expected a text; found 5; put it in quotes',
      'dso.yaml:17: spec.scaledObjectSpec.maxReplicaCount: expected a number; found "ten"',
    ]);
  });

  it('says all that is wrong between fields together', () => {
    const text = GUIDE.replace('name: member-2', 'name: member-1')
      .replace('weight: 4', 'weight: 0')
      .replace('weight: 6', 'weight: 0\n      minReplicas: 2\n      maxReplicas: 1')
      .replace('minReplicaCount: 0', 'minReplicaCount: 20\n    idleReplicaCount: 1')
      .replace('          key: metric-value\n', '')
      .replace('targetValue: "5"', 'targetValue: five');
    expect(parseText(text).problems.map((problem) => problem.split(': ', 2).join(': '))).toEqual([
      'dso.yaml:10: spec.memberClusters[1].name',
      'dso.yaml:12: spec.memberClusters[1].minReplicas',
      'dso.yaml:7: spec.memberClusters',
      'dso.yaml:18: spec.scaledObjectSpec.minReplicaCount',
      'dso.yaml:19: spec.scaledObjectSpec.idleReplicaCount',
      'dso.yaml:23: spec.scaledObjectSpec.triggers[0].metadata.key',
      'dso.yaml:26: spec.scaledObjectSpec.triggers[0].metadata.targetValue',
    ]);
  });

  it('does not touch the other objects of the file', () => {
    const bad = GUIDE.replace('name: dso-demo\n', 'name: bad\n').replace('weight: 4', 'weight: -1');
    const { dsos, problems } = parseText(`${bad}---\n${GUIDE}`);
    expect(dsos.map(({ key }) => key)).toEqual(['default/dso-demo']);
    expect(problems).toHaveLength(1);
  });

  it('names the line in the file, not in the document', () => {
    const { problems } = parseText(`# a comment\n---\n${GUIDE.replace('weight: 4', 'weight: -1')}`, 'hub/web.yaml');
    expect(problems).toEqual(['hub/web.yaml:11: spec.memberClusters[0].weight: expected at least 0; found -1']);
  });

  it('leaves a DSO with another trigger alone and names the type', () => {
    const text = GUIDE.replace('type: kubernetes-resource', 'type: prometheus');
    expect(parseText(text).problems).toEqual([
      'dso.yaml:19: spec.scaledObjectSpec.triggers[0].type: trigger type "prometheus" is not supported yet without KEDA, which the engine keda asks in a hub cluster; the object is left alone',
    ]);
  });

  it('says where an annotation is wrong', () => {
    const text = GUIDE.replace(
      'namespace: default',
      'namespace: default\n  annotations:\n    dso-gitops.dev/initial-total: many\n    autoscaling.keda.sh/paused-replicas: "-1"',
    );
    expect(parseText(text).problems).toEqual([
      'dso.yaml:7: metadata.annotations.dso-gitops.dev/initial-total: expected an integer from 0 to 2147483647; found "many"',
      'dso.yaml:8: metadata.annotations.autoscaling.keda.sh/paused-replicas: expected an integer from 0 to 2147483647; found "-1"',
    ]);
  });

  it('says where the YAML is broken', () => {
    const { problems } = parseText(GUIDE.replace('spec:', 'spec: ['));
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(/^dso\.yaml:\d+: broken YAML: /);
  });
});
