import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildASTSchema, type DocumentNode, type GraphQLSchema, Kind, parse, visit } from 'graphql';
import { ROOT } from '../../docs/pages.ts';

let whole: DocumentNode | null = null;
const schemas = new Map<string, GraphQLSchema>();

/**
 * GitHub's published GraphQL schema, without some fields, as older versions of GitHub Enterprise Server have it.
 *
 * @param lacking such as `PullRequest.isInMergeQueue`
 */
export function graphqlSchema(lacking: readonly string[]): GraphQLSchema {
  const id = lacking.join(' ');
  const known = schemas.get(id);
  if (known) return known;
  const file = join(ROOT, 'node_modules/@octokit/graphql-schema/schema.graphql');
  whole ??= parse(readFileSync(file, 'utf8'), { noLocation: true });
  const made = buildASTSchema(without(whole, new Set(lacking)), { assumeValid: true, assumeValidSDL: true });
  schemas.set(id, made);
  return made;
}

function without(document: DocumentNode, lacking: ReadonlySet<string>): DocumentNode {
  if (lacking.size === 0) return document;
  const owners = new Set([...lacking].map((name) => name.split('.')[0]));
  return visit(document, {
    [Kind.OBJECT_TYPE_DEFINITION]: (node) =>
      owners.has(node.name.value)
        ? { ...node, fields: node.fields?.filter((field) => !lacking.has(`${node.name.value}.${field.name.value}`)) }
        : false,
  });
}
