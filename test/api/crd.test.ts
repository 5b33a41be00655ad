import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { customResourceDefinition } from '../../src/api/crd.ts';
import { CEL_RULES } from '../../src/api/crd-rules.ts';
import { DsoStatus } from '../../src/api/status.ts';
import { runCli } from '../cli/run-cli.ts';
import { BAD_DSOS } from './bad-dso.ts';
import { nodeOf, type SchemaNode, subschemas, undescribed } from './described.ts';
import { parseText } from './parse-text.ts';

const CRD: SchemaNode = { ...customResourceDefinition() };
const SPEC = at(CRD, 'spec');
const VERSION = nodeOf(asList(SPEC['versions'])[0]) ?? {};
const SCHEMA = at(VERSION, 'schema', 'openAPIV3Schema');
const FIXTURES = ['guide-dso.yaml', 'kedify-full-example.yaml', 'every-field.yaml'];

describe('the CustomResourceDefinition', () => {
  it('has the names of Kedify', () => {
    expect(CRD).toMatchObject({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'distributedscaledobjects.keda.kedify.io' },
      spec: {
        group: 'keda.kedify.io',
        scope: 'Namespaced',
        names: {
          kind: 'DistributedScaledObject',
          listKind: 'DistributedScaledObjectList',
          plural: 'distributedscaledobjects',
          singular: 'distributedscaledobject',
          shortNames: ['dso'],
        },
      },
    });
    expect(VERSION).toMatchObject({ name: 'v1alpha1', served: true, storage: true });
  });

  it('has the scale and status subresources', () => {
    expect(VERSION['subresources']).toEqual({
      status: {},
      scale: {
        specReplicasPath: '.spec.totalTargetReplicas',
        statusReplicasPath: '.status.totalCurrentReplicas',
        labelSelectorPath: '.status.selector',
      },
    });
  });

  it('prints the columns of Kedify in their order', () => {
    const columns = asList(VERSION['additionalPrinterColumns']).map((column) => {
      const { name, jsonPath } = nodeOf(column) ?? {};
      return `${String(name)} ${String(jsonPath)}`;
    });
    expect(columns).toEqual([
      'TotalReplicas .status.print.totalReplicas',
      'Members .status.print.membersCount',
      'Ready .status.conditions[?(@.type=="Ready")].status',
      'Active .status.conditions[?(@.type=="ScaledObjectActive")].status',
      'Age .metadata.creationTimestamp',
      'Paused .status.conditions[?(@.type=="Paused")].status',
    ]);
  });

  it('describes every field', () => {
    // Under metadata the API server allows nothing, not even a description.
    expect(undescribed(SCHEMA)).toEqual(['metadata']);
  });

  it('tells list items apart by their keys', () => {
    const keyed = [...subschemas(SCHEMA)]
      .filter(([, schema]) => schema['x-kubernetes-list-type'] === 'map')
      .map(([path, schema]) => [path, schema['x-kubernetes-list-map-keys']]);
    expect(keyed).toEqual([
      ['spec.memberClusters', ['name']],
      ['status.conditions', ['type']],
      ['status.gitOps.pending', ['destination']],
    ]);
  });

  it('is printed as YAML and as JSON', async () => {
    const directory = process.cwd();
    expect(parse((await runCli(['crd'], { directory })).stdout)).toEqual(CRD);
    expect(JSON.parse((await runCli(['crd', '-o', 'json'], { directory })).stdout)).toEqual(CRD);
  });

  it('says how to apply it in the help', async () => {
    const { stdout } = await runCli(['crd', '--help'], { directory: process.cwd() });
    expect(stdout).toContain('dso-gitops crd | kubectl apply --server-side -f -');
  });
});

/** The rules of kubernetes/apiextensions-apiserver pkg/apiserver/schema/validation.go. */
describe('the structural schema', () => {
  const all = [...subschemas(SCHEMA)];

  it.each(all)('%s is structural', (_, schema) => {
    const isTyped = typeof schema['type'] === 'string' || schema['x-kubernetes-int-or-string'] === true;
    expect(isTyped).toBe(true);
    const forbidden =
      '$schema $id $ref $defs definitions const propertyNames patternProperties dependencies oneOf anyOf allOf not if'.split(
        ' ',
      );
    expect(Object.keys(schema).filter((key) => forbidden.includes(key))).toEqual([]);
    if (schema['properties']) expect(schema).not.toHaveProperty('additionalProperties');
    if (schema['x-kubernetes-int-or-string']) expect(schema).not.toHaveProperty('type');
    if (schema['x-kubernetes-preserve-unknown-fields']) expect(schema['type']).toBe('object');
    if (schema['type'] === 'array') expect(nodeOf(schema['items'])).not.toBeNull();
    for (const bound of ['exclusiveMinimum', 'exclusiveMaximum']) {
      expect(['undefined', 'boolean']).toContain(typeof schema[bound]);
    }
  });

  it('says the width of every integer', () => {
    const integers = all.filter(([, schema]) => schema['type'] === 'integer');
    expect(integers.filter(([, { format }]) => format !== 'int32' && format !== 'int64')).toEqual([]);
    expect(integers.length).toBeGreaterThan(20);
  });

  it('has patterns that RE2 takes', () => {
    for (const [, { pattern }] of all) {
      if (typeof pattern === 'string') expect(pattern).not.toMatch(/\(\?[=!<]|\\[1-9]|[*+?}]\+/);
    }
  });

  it('restricts nothing of metadata', () => {
    expect(at(SCHEMA, 'properties', 'metadata')).toEqual({ type: 'object' });
  });

  it('requires map keys of lists, and of nothing else what has a default', () => {
    expect(at(SCHEMA, 'properties', 'spec', 'properties', 'memberClusters', 'items')['required']).toEqual(['name']);
    expect(at(SCHEMA, 'properties', 'spec')['required']).toEqual(['scaledObjectSpec']);
    expect(at(SCHEMA, 'properties', 'status')['required']).toEqual(['totalCurrentReplicas', 'selector']);
  });

  it('bounds every list, and every text that CEL looks at', () => {
    const lists = all.filter(([, schema]) => schema['type'] === 'array');
    expect(lists.filter(([, schema]) => schema['maxItems'] === undefined)).toEqual([]);
    for (const field of ['name', 'type', 'metadata.*']) {
      const found = all.find(([path]) => path === `spec.scaledObjectSpec.triggers[].${field}`);
      expect(found?.[1]).toHaveProperty('maxLength');
    }
  });

  it('puts every CEL rule at a schema, with a message and at a field that exists', () => {
    const placed = new Map(all.filter(([, schema]) => schema['x-kubernetes-validations']));
    expect([...placed.keys()].toSorted()).toEqual(Object.keys(CEL_RULES).toSorted());
    for (const [path, schema] of placed) {
      for (const { rule, message, fieldPath } of CEL_RULES[path] ?? []) {
        expect(message).toMatch(/^[^\n]{10,200}$/);
        expect(rule).not.toContain('\n');
        if (fieldPath) expect(at(schema, 'properties')).toHaveProperty([fieldPath.slice(1)]);
      }
    }
  });
});

describe('the CRD and zod', () => {
  it.each(FIXTURES)('both accept %s', (name) => {
    const text = readFileSync(new URL(`../fixtures/manifests/${name}`, import.meta.url), 'utf8');
    expect(parseText(text).problems).toEqual([]);
    for (const document of parseAllDocuments(text)) {
      const value: unknown = document.toJS();
      if (nodeOf(value)?.['kind'] === 'DistributedScaledObject') expect(errorsOf(value)).toEqual([]);
    }
  });

  const guide = readFileSync(new URL('../fixtures/manifests/guide-dso.yaml', import.meta.url), 'utf8');

  it.each(BAD_DSOS)('both refuse $name, or it is listed who does ($refusedBy)', ({ replace, by, refusedBy }) => {
    const errors = errorsOf(parse(guide.replace(replace, () => by)));
    if (refusedBy === 'schema') expect(errors).not.toEqual([]);
    else expect(errors).toEqual([]);
  });

  it.each([
    ['a tolerance as an integer', '1', true],
    ['a tolerance as a quantity', '"0.05"', true],
    ['a tolerance in millis', '50m', true],
    // The one difference: the API server takes no fraction for an int-or-string, Kedify's CRD neither; a file may hold it.
    ['a tolerance as a fraction', '0.05', false],
  ])('agree on %s', (_, tolerance, isAccepted) => {
    const advanced = `advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {tolerance: ${tolerance}}}}}`;
    const text = guide.replace('triggers:', `${advanced}\n    triggers:`);
    expect(parseText(text).problems).toEqual([]);
    expect(errorsOf(parse(text)).length === 0).toBe(isAccepted);
  });

  it('give the same defaults', () => {
    const value: unknown = parse(guide.replace('      weight: 4\n', ''));
    expect(errorsOf(value)).toEqual([]);
    expect(value).toMatchObject({
      spec: {
        totalTargetReplicas: 0,
        rebalancingPolicy: { gracePeriod: '1m', maxRebalancePercentage: 50 },
        memberClusters: [{ name: 'member-1', weight: 1 }, { weight: 6 }],
      },
    });
  });

  it('accept a status as Kedify writes it', () => {
    const member = {
      currentReplicas: 2,
      desiredReplicas: 2,
      description: 'Cluster is healthy',
      id: '/etc/mc/kubeconfigs/member-cluster-1.kubeconfig+kedify-agent@member-cluster-1',
      lastStatusChangeTime: '2025-11-05T16:46:38Z',
      state: 'Ready',
    };
    const status = {
      memberClusterStatuses: { 'member-cluster-1': member },
      membersHealthyCount: 2,
      membersTotalCount: 2,
      selector: 'kedify-agent-distributedscaledobject=nginx',
      totalCurrentReplicas: 5,
    };
    expect(DsoStatus.parse(status)).toEqual(status);
    expect(errorsOf({ ...nodeOf(parse(guide)), status })).toEqual([]);
  });

  it('keep the state of a decision whole', () => {
    const state = { seq: 3, demand: { total: 4, readings: [{ trigger: 'a' }] } };
    const status = { selector: '', totalCurrentReplicas: 4, gitOps: { branch: 'main', state } };
    expect(DsoStatus.parse(status)).toEqual(status);
    expect(at(SCHEMA, 'properties', 'status', 'properties', 'gitOps', 'properties', 'state')).toMatchObject({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
    });
  });
});

const VALIDATE = validator();

/** What the plain validation of the API server says, after it has set defaults. */
function errorsOf(value: unknown): readonly string[] {
  return VALIDATE(value)
    ? []
    : (VALIDATE.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function validator(): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, useDefaults: true });
  for (const format of ['int32', 'int64', 'date-time']) ajv.addFormat(format, true);
  ajv.addKeyword({
    keyword: 'x-kubernetes-int-or-string',
    validate: (_: boolean, value: unknown) => typeof value === 'string' || Number.isInteger(value),
  });
  return ajv.compile(SCHEMA);
}

function at(node: SchemaNode, ...keys: readonly string[]): SchemaNode {
  let current = node;
  for (const key of keys) current = nodeOf(current[key]) ?? {};
  return current;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
