import { Argument, type Command } from 'commander';
import { jsonSchemaOf, SCHEMA_NAMES, type SchemaName } from '../config/json-schema.ts';
import type { Context } from './context.ts';
import { renderData } from './print-report.ts';

/** `schema`: JSON Schemas, for editors and for checks in CI. */
export function addSchema(program: Command, context: Context): void {
  program
    .command('schema')
    .description('print the JSON Schema (draft-07) of the configuration or of a decision record')
    .addArgument(new Argument('<document>', 'which one').choices(SCHEMA_NAMES))
    .addHelpText('after', EXAMPLES)
    .action((name: SchemaName) => {
      context.stdout(renderData(jsonSchemaOf(name), 'json'));
    });
}

const EXAMPLES = `
Examples:
  dso-gitops schema configuration > dso-gitops.schema.json
  dso-gitops schema decision > decision.schema.json

An editor with the YAML language server checks and completes dso-gitops.yaml with this as its first line:
  # yaml-language-server: $schema=./dso-gitops.schema.json
`;
