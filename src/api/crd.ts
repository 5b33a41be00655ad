import * as z from 'zod';
import { CEL_RULES, type CelRule } from './crd-rules.ts';
import { DSO_API_VERSION, DSO_KIND, DsoSpec } from './dso.ts';
import { DSO_GROUP, DSO_PLURAL, DSO_RESOURCE, DSO_VERSION } from './resource.ts';
import { DsoStatus } from './status.ts';

/** Lists whose items are told apart by a key: the API server refuses two of one key, and merges by it. */
const LIST_KEYS: Readonly<Record<string, string>> = {
  'spec.memberClusters': 'name',
  'status.conditions': 'type',
  'status.gitOps.pending': 'destination',
};

/** In Kedify's order, with its names and descriptions. */
const PRINTER_COLUMNS = [
  column('TotalReplicas', '.status.print.totalReplicas', 'Replicas Status - Current/Desired'),
  column('Members', '.status.print.membersCount', 'Member Clusters Status - Healthy/Total'),
  column('Ready', conditionPath('Ready'), 'Ready Status'),
  column('Active', conditionPath('ScaledObjectActive'), 'Active Status from ScaledObject'),
  { ...column('Age', '.metadata.creationTimestamp', 'Age'), type: 'date' },
  column('Paused', conditionPath('Paused'), 'Indicates if the DistributedScaledObject is paused'),
];

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The CustomResourceDefinition, made from the zod types: what kubectl applies. A superset of Kedify's. */
export function customResourceDefinition(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: DSO_RESOURCE },
    spec: {
      group: DSO_GROUP,
      names: {
        kind: DSO_KIND,
        listKind: `${DSO_KIND}List`,
        plural: DSO_PLURAL,
        singular: DSO_KIND.toLowerCase(),
        shortNames: ['dso'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: DSO_VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: PRINTER_COLUMNS,
          schema: { openAPIV3Schema: rootSchema() },
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.totalTargetReplicas',
              statusReplicasPath: '.status.totalCurrentReplicas',
              labelSelectorPath: '.status.selector',
            },
          },
        },
      ],
    },
  };
}

function rootSchema(): object {
  return {
    type: 'object',
    description: 'Scales one workload over several clusters: a total from triggers, split over the members by weight.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: `Version of this form of the object: ${DSO_API_VERSION}.` },
      kind: { type: 'string', description: `Kind of the object: ${DSO_KIND}.` },
      // The API server allows nothing else here, not even a description.
      metadata: { type: 'object' },
      spec: structural(DsoSpec, 'spec'),
      status: structural(DsoStatus, 'status'),
    },
  };
}

/** A structural schema, as the API server demands it. */
function structural(schema: z.ZodType, path: string): JsonSchema {
  const converted = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', override: toStructural });
  addListKeysAndRules(converted, path);
  return converted;
}

/** What zod says in a way that the API server does not take. */
function toStructural({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }): void {
  const { def } = zodSchema._zod;
  if (def.type === 'union') toIntOrString(jsonSchema);
  if (def.type === 'number') setIntegerFormat(jsonSchema, 'format' in def ? def.format : null);
  if (def.type === 'prefault') jsonSchema.default = z.parse(zodSchema, undefined);
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (def.type !== 'object') return;
  const isLoose = typeof jsonSchema.additionalProperties === 'object';
  delete jsonSchema.additionalProperties;
  if (isLoose) jsonSchema['x-kubernetes-preserve-unknown-fields'] = true;
}

/** The API server knows one union: an integer or a text. */
function toIntOrString(jsonSchema: JsonSchema): void {
  const branches = jsonSchema.anyOf ?? [];
  const [number, text, other] = ['number', 'string'].map((type) => branches.find((branch) => branch.type === type));
  if (!number || !text || other || branches.length !== 2)
    throw new TypeError('a CRD has no union but that of a number and a text');
  delete jsonSchema.anyOf;
  jsonSchema['x-kubernetes-int-or-string'] = true;
  if (number.minimum !== undefined) jsonSchema.minimum = number.minimum;
  if (text.pattern !== undefined) jsonSchema.pattern = text.pattern;
}

function setIntegerFormat(jsonSchema: JsonSchema, format: unknown): void {
  if (format === 'int32') jsonSchema.format = 'int32';
  if (format !== 'safeint') return;
  jsonSchema.format = 'int64';
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}

function addListKeysAndRules(schema: JsonSchema, path: string): void {
  const rules: readonly CelRule[] | undefined = CEL_RULES[path];
  if (rules) schema['x-kubernetes-validations'] = rules.map((rule) => ({ ...rule, reason: 'FieldValueInvalid' }));
  const key = LIST_KEYS[path];
  if (key) {
    schema['x-kubernetes-list-type'] = 'map';
    schema['x-kubernetes-list-map-keys'] = [key];
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property === 'object') addListKeysAndRules(property, `${path}.${name}`);
  }
  const { items } = schema;
  if (typeof items === 'object' && !Array.isArray(items)) addListKeysAndRules(items, `${path}[]`);
}

function column(name: string, jsonPath: string, description: string): Readonly<Record<string, string>> {
  return { name, type: 'string', jsonPath, description };
}

function conditionPath(type: string): string {
  return `.status.conditions[?(@.type=="${type}")].status`;
}
