import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildClientSchema, type GraphQLSchema, type IntrospectionQuery } from 'graphql';
import { ROOT } from '../../docs/pages.ts';

let whole: IntrospectionQuery | null = null;
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
  whole ??= published();
  const made = buildClientSchema(without(whole, new Set(lacking)), { assumeValid: true });
  schemas.set(id, made);
  return made;
}

function published(): IntrospectionQuery {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules/@octokit/graphql-schema/schema.json'), 'utf8'));
}

function without({ __schema: schema }: IntrospectionQuery, lacking: ReadonlySet<string>): IntrospectionQuery {
  const types = schema.types.map((type) =>
    type.kind === 'OBJECT'
      ? { ...type, fields: type.fields.filter(({ name }) => !lacking.has(`${type.name}.${name}`)) }
      : type,
  );
  return { __schema: { ...schema, types } };
}
