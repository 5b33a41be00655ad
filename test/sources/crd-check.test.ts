import { describe, expect, it } from 'vitest';
import { customResourceDefinition } from '../../src/api/crd.ts';
import { crdProblem, keepCrd } from '../../src/sources/crd-check.ts';

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  type?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** Our CRD as a hub has it, with a change to its schema. */
function installed(change: (schema: Schema) => void = () => undefined): ReturnType<typeof crdProblem> {
  const crd = structuredClone(customResourceDefinition()) as {
    spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
  };
  for (const { schema } of crd.spec.versions) change(schema.openAPIV3Schema);
  const kept = keepCrd({ ...crd, status: { conditions: [{ type: 'Established', status: 'True' }] } });
  return crdProblem(kept?.[1]);
}

function at(schema: Schema, ...path: readonly string[]): Schema {
  let found = schema;
  for (const name of path) found = found.properties?.[name] ?? {};
  return found;
}

describe('the CRD that is installed', () => {
  it('is fine where it is ours, has more, or keeps what it does not know', () => {
    expect(installed()).toBeNull();
    expect(
      installed((schema) => {
        at(schema, 'status', 'gitOps').properties = { ...at(schema, 'status', 'gitOps').properties, newer: {} };
      }),
    ).toBeNull();
    expect(
      installed((schema) => {
        const status = at(schema, 'status');
        delete status.properties;
        status['x-kubernetes-preserve-unknown-fields'] = true;
      }),
    ).toBeNull();
  });

  it.each([
    ['status.gitOps', ['status'], 'gitOps'],
    ['status.gitOps.unplaced', ['status', 'gitOps'], 'unplaced'],
    ['spec.totalTargetReplicas', ['spec'], 'totalTargetReplicas'],
  ])('is outdated without %s, and how to apply ours is said', (field, path, name) => {
    const problem = installed((schema) => delete at(schema, ...path).properties?.[name]);
    expect(problem?.reason).toBe('CrdOutdated');
    expect(problem?.message).toContain(`the API server drops ${field};`);
    expect(problem?.message).toContain('dso-gitops crd | kubectl apply --server-side');
  });

  it('is looked at within lists and maps, and many fields are counted', () => {
    const lists = installed((schema) => delete at(schema, 'spec', 'memberClusters').items?.properties?.['priority']);
    expect(lists?.message).toContain('drops spec.memberClusters[].priority;');
    const maps = installed((schema) => {
      const members = at(schema, 'status', 'memberClusterStatuses').additionalProperties;
      delete members?.properties?.['appliedRevision'];
    });
    expect(maps?.message).toContain('drops status.memberClusterStatuses.*.appliedRevision;');
    const many = installed((schema) => {
      at(schema, 'status').properties = {};
    });
    expect(many?.message).toMatch(/drops status\.\w+, status\.\w+, status\.\w+ and \d+ more;/);
  });

  it('is missing where there is none, or one of another name', () => {
    expect(crdProblem(undefined)?.reason).toBe('CrdMissing');
    expect(keepCrd({ metadata: { name: 'others.example.com' }, spec: { versions: [] } })).toBeNull();
  });
});
