/** A JSON Schema, as far as these tests look into it. */
export type SchemaNode = { readonly [key: string]: unknown };

/** Every schema below one, with its path; `[]` are items of a list, `*` are values of a map. */
export function* subschemas(schema: SchemaNode, path = ''): Generator<readonly [path: string, schema: SchemaNode]> {
  yield [path, schema];
  for (const [name, property] of Object.entries(nodeOf(schema['properties']) ?? {})) {
    const node = nodeOf(property);
    if (node) yield* subschemas(node, path === '' ? name : `${path}.${name}`);
  }
  const items = nodeOf(schema['items']);
  if (items) yield* subschemas(items, `${path}[]`);
  const values = nodeOf(schema['additionalProperties']);
  if (values) yield* subschemas(values, `${path}.*`);
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const branches = schema[keyword];
    if (!Array.isArray(branches)) continue;
    for (const [index, branch] of branches.entries()) yield* subschemas(branch, `${path}<${index}>`);
  }
}

/** Fields (properties of an object) without a description. */
export function undescribed(schema: SchemaNode): readonly string[] {
  return [...subschemas(schema)]
    .filter(([path, node]) => /[A-Za-z]$/.test(path) && typeof node['description'] !== 'string')
    .map(([path]) => path);
}

/** The value as a schema, where it is one. */
export function nodeOf(value: unknown): SchemaNode | null {
  return isNode(value) ? value : null;
}

function isNode(value: unknown): value is SchemaNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
