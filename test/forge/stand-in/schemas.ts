import * as z from 'zod';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = Readonly<Record<string, unknown>>;

const Anything = z.record(z.string(), z.unknown());

/** What a reference stands for; anything else as it is. */
export function resolve(document: unknown, schema: JsonObject): JsonObject {
  const { $ref } = schema;
  if (typeof $ref !== 'string') return schema;
  return resolve(document, Anything.parse(at(document, $ref)));
}

/**
 * A schema in the form of JSON Schema.
 *
 * @param refer called with each reference; what it gives stands in its place
 */
export function jsonSchemaOf(schema: unknown, refer: (reference: string) => string): unknown {
  if (Array.isArray(schema)) return schema.map((part) => jsonSchemaOf(part, refer));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([name]) => name !== 'example' && name !== 'examples');
  const made = Object.fromEntries(entries.map(([name, part]) => [name, jsonSchemaOf(part, refer)]));
  const { $ref } = made;
  return typeof $ref === 'string' ? { $ref: refer($ref) } : withNull(made);
}

/** The smallest value that fits: what is required, null where it may be, the first of several. */
export function sampleOf(document: unknown, given: JsonObject): unknown {
  const schema = resolve(document, given);
  if (schema['nullable'] === true) return null;
  const { enum: values, type, format, oneOf, anyOf, allOf, required, properties } = schema;
  if (Array.isArray(values)) return values[0];
  const parts = z.array(Anything).parse(allOf ?? []);
  if (parts.length > 0) return Object.assign({}, ...parts.map((part) => sampleOf(document, part)));
  const choices = z.array(Anything).parse(oneOf ?? anyOf ?? []);
  if (choices[0] && properties === undefined) return sampleOf(document, choices[0]);
  if (type === 'array') return [];
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return false;
  if (type === 'string') return textOf(format);
  const described = Anything.parse(properties ?? {});
  const names = z.array(z.string()).parse(required ?? []);
  return Object.fromEntries(names.map((name) => [name, sampleOf(document, Anything.parse(described[name] ?? {}))]));
}

function textOf(format: unknown): string {
  if (format === 'uri') return 'https://github.test/nothing';
  if (format === 'date-time') return '2026-01-01T00:00:00Z';
  return format === 'email' ? 'nobody@github.test' : 'x';
}

/** OpenAPI says `nullable`; the validator knows it beside a type without enum only. */
function withNull(schema: Record<string, unknown>): JsonObject {
  const { nullable, ...rest } = schema;
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : schema;
}

/** What a reference leads to. */
export function at(document: unknown, reference: string): unknown {
  const names = reference.slice(2).split('/');
  return names.reduce((value, name) => Anything.parse(value)[unescaped(name)], document);
}

function unescaped(name: string): string {
  return decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~');
}
