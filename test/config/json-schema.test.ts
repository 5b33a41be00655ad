import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchemaOf, SCHEMA_NAMES, type SchemaName } from '../../src/config/json-schema.ts';
import { ConfigurationFile } from '../../src/config/schema.ts';
import { DecisionRecord, parseRecord, renderRecord } from '../../src/manifests/record.ts';
import { undescribed } from '../api/described.ts';
import { runCli } from '../cli/run-cli.ts';
import { EVERY_KEY } from './every-key.ts';
import { RECORD } from './record.ts';

const STARTER = ['dso-gitops.yaml', 'first-sight.yaml']
  .map((name) => readFileSync(new URL(`../../templates/quickstart/${name}`, import.meta.url), 'utf8'))
  .join('\n');

describe('the JSON Schemas', () => {
  it.each(SCHEMA_NAMES)('%s is draft-07 with an id, a title and a description on every field', (name) => {
    const schema = { ...jsonSchemaOf(name) };
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: `https://dso-gitops.dev/schemas/v1alpha1/${name}.json`,
      title: expect.stringContaining('dso-gitops'),
      description: expect.stringMatching(/\.$/),
    });
    expect(undescribed(schema)).toEqual([]);
  });

  it.each(SCHEMA_NAMES)('%s is what the command prints', async (name) => {
    const { stdout, code } = await runCli(['schema', name], { directory: process.cwd() });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(jsonSchemaOf(name));
  });

  it('names the documents that there are', async () => {
    const { stderr, code } = await runCli(['schema', 'dso'], { directory: process.cwd() });
    expect(code).toBe(1);
    expect(stderr).toContain('configuration, decision');
  });
});

describe('the schema of the configuration', () => {
  it.each([
    ['the starter', STARTER],
    ['a file with every key', EVERY_KEY],
  ])('accepts %s', (_, text) => {
    expect(verdicts('configuration', parse(text))).toEqual({ schema: true, zod: true });
  });

  it.each([
    ['an unknown key', 'firstSight', 'firstsight'],
    ['an unknown choice', 'firstSight: write', 'firstSight: ask'],
    ['another kind', 'kind: Configuration', 'kind: Config'],
    ['no repository', 'repository: fleet.git', 'name: fleet'],
    ['no member', '  - member-1\n  - member-2', '  []'],
    ['a wrong branch', 'branch: main', 'branch: -main'],
  ])('refuses %s', (_, from, to) => {
    expect(STARTER).toContain(from);
    expect(verdicts('configuration', parse(STARTER.replace(from, to)))).toEqual({ schema: false, zod: false });
  });
});

describe('the schema of a decision record', () => {
  it('accepts a record, also as it is read from Git', () => {
    expect(parseRecord(renderRecord(RECORD))).toEqual(RECORD);
    expect(verdicts('decision', parse(renderRecord(RECORD)))).toEqual({ schema: true, zod: true });
  });

  it.each([
    ['another version', { apiVersion: 'dso-gitops.dev/v2' }],
    ['a sequence number of 0', { seq: 0 }],
    ['a time in words', { time: 'yesterday' }],
    ['an unknown key', { signature: '' }],
    ['a member without a count', { members: { 'member-1': {} } }],
    ['a reading of neither form', { readings: [{ ...RECORD.readings[0], reading: {} }] }],
  ])('refuses %s', (_, change) => {
    expect(verdicts('decision', { ...RECORD, ...change })).toEqual({ schema: false, zod: false });
  });
});

const VALIDATORS: Readonly<Record<SchemaName, ValidateFunction>> = {
  configuration: validator('configuration'),
  decision: validator('decision'),
};

/** What the schema and the type that it is made from say of one value. */
function verdicts(name: SchemaName, value: unknown): { readonly schema: boolean; readonly zod: boolean } {
  const type = name === 'configuration' ? ConfigurationFile : DecisionRecord;
  return { schema: VALIDATORS[name](value), zod: type.safeParse(value).success };
}

function validator(name: SchemaName): ValidateFunction {
  return new Ajv({ allErrors: true, formats: { 'date-time': fullFormats['date-time'] ?? true } }).compile(
    jsonSchemaOf(name),
  );
}
