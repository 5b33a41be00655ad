/** The nodes of a structural schema of Kubernetes that say which fields there are. */
interface SchemaNode {
  readonly properties?: unknown;
  readonly items?: unknown;
  readonly additionalProperties?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: unknown;
}

/**
 * Fields of one schema that another one does not have, as paths; below a missing one nothing is named. An API server drops
 * what its schema does not have without a word.
 */
export function droppedFields(wanted: unknown, installed: unknown, path = ''): readonly string[] {
  const [own, other] = [nodeOf(wanted), nodeOf(installed)];
  if (other['x-kubernetes-preserve-unknown-fields'] === true) return [];
  const fields = nodeOf(other.properties);
  const dropped = Object.entries(nodeOf(own.properties)).flatMap(([name, schema]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return Object.hasOwn(fields, name) ? droppedFields(schema, Reflect.get(fields, name), at) : [at];
  });
  if (own.items !== undefined) dropped.push(...droppedFields(own.items, other.items, `${path}[]`));
  if (own.additionalProperties !== undefined)
    dropped.push(...droppedFields(own.additionalProperties, other.additionalProperties, `${path}.*`));
  return dropped;
}

function nodeOf(value: unknown): SchemaNode {
  return typeof value === 'object' && value !== null ? value : {};
}
