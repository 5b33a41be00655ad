import * as z from 'zod';
import { DecisionRecord } from '../manifests/record.ts';
import { ConfigurationFile } from './schema.ts';

/** The documents that have a JSON Schema. */
export const SCHEMA_NAMES = ['configuration', 'decision'] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

const SOURCES: Readonly<
  Record<SchemaName, { readonly schema: z.ZodType; readonly title: string; readonly description: string }>
> = {
  configuration: {
    schema: ConfigurationFile,
    title: 'Configuration of dso-gitops',
    description: 'dso-gitops.yaml: where DistributedScaledObjects come from and where overlays are committed.',
  },
  decision: {
    schema: DecisionRecord,
    title: 'Decision of dso-gitops',
    description: 'The record of one decision, kept in Git beside the overlays: what was decided, from what, and why.',
  },
};

/** The JSON Schema (draft-07, which every editor takes) of a document, made from its zod type. */
export function jsonSchemaOf(name: SchemaName): object {
  const { schema, title, description } = SOURCES[name];
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-07', io: 'input', override: withoutNoise });
  return { $schema, $id: `https://dso-gitops.dev/schemas/v1alpha1/${name}.json`, title, description, ...rest };
}

/** Bounds that every integer of JavaScript has, and patterns that repeat a format. */
function withoutNoise({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
}
