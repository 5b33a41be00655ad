import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import * as z from 'zod';
import { ROOT } from '../../docs/pages.ts';
import { at, type Json, type JsonObject, jsonSchemaOf, resolve, sampleOf } from './schemas.ts';

const Schema = z.record(z.string(), z.unknown());
const Content = z.record(z.string(), z.looseObject({ schema: Schema.optional() }));
const Parameter = z.looseObject({ name: z.string(), in: z.string(), required: z.boolean().optional(), schema: Schema });
const Operation = z.looseObject({
  parameters: z.array(Schema).default([]),
  requestBody: z.looseObject({ required: z.boolean().optional(), content: Content }).optional(),
  responses: z.record(z.string(), Schema),
});
const Document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.looseObject({ schemas: z.record(z.string(), Schema) }),
});

/** What was asked for, as it is described. */
export interface Asked {
  /** Method and path as in the description, such as `GET /repos/{owner}/{repo}`. */
  readonly route: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Statuses that every call can have, whatever its description lists. */
const GENERAL = new Set([301, 304, 307, 401, 403, 404, 422, 429]);

const documents = new Map<string, Description>();

/** GitHub's OpenAPI description of one of its hosts, against which requests and answers are held. */
export class Description {
  readonly #document: z.output<typeof Document>;
  readonly #ajv = new Ajv({ strict: false, inlineRefs: false, validateSchema: false, code: { optimize: false } });
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #parts = new Set<string>();
  readonly #samples = new Map<string, string>();
  readonly #paths: readonly { readonly path: string; readonly pattern: RegExp; readonly names: readonly string[] }[];

  private constructor(document: z.output<typeof Document>) {
    this.#document = document;
    addFormats.default(this.#ajv);
    // Formats of GitHub's own.
    for (const format of ['repo.nwo', 'issue.number', 'timestamp', 'binary', 'ssh-key'])
      this.#ajv.addFormat(format, true);
    this.#paths = Object.keys(document.paths).map(patternOf).sort(byLiterals);
  }

  /** @param host `api.github.com`, or `ghes-3.17` and the like */
  static of(host: string): Description {
    const known = documents.get(host);
    if (known) return known;
    const file = join(ROOT, 'node_modules/@octokit/openapi/generated', `${host}.json`);
    const made = new Description(Document.parse(JSON.parse(readFileSync(file, 'utf8'))));
    documents.set(host, made);
    return made;
  }

  /** null: this host has no such call. */
  match(method: string, path: string): Asked | null {
    for (const { path: template, pattern, names } of this.#paths) {
      const found = pattern.exec(path);
      if (found === null || this.#document.paths[template]?.[method.toLowerCase()] === undefined) continue;
      const parameters = names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')] as const);
      return { route: `${method} ${template}`, parameters: Object.fromEntries(parameters) };
    }
    return null;
  }

  /** What is wrong with a request, of which the path has matched. */
  problemsOfRequest(asked: Asked, query: URLSearchParams, body: unknown): readonly string[] {
    const operation = this.#operation(asked.route);
    const parameters = operation.parameters.map((given) => Parameter.parse(this.#resolved(given)));
    const problems: string[] = [];
    for (const { name, in: place, schema } of parameters.filter(({ in: where }) => where === 'path'))
      problems.push(
        ...this.#check(`${asked.route} ${place} ${name}`, schema, typed(asked.parameters[name] ?? '', schema)),
      );
    for (const [name, value] of query) {
      const parameter = parameters.find((one) => one.in === 'query' && one.name === name);
      if (parameter === undefined) problems.push(`query ${name}: there is none in the description`);
      else
        problems.push(...this.#check(`${asked.route} query ${name}`, parameter.schema, typed(value, parameter.schema)));
    }
    const content = operation.requestBody?.content['application/json']?.schema;
    if (content === undefined) return body === undefined ? problems : [...problems, 'body: none is described'];
    if (body === undefined) return operation.requestBody?.required ? [...problems, 'body: it is required'] : problems;
    return [
      ...problems,
      ...this.#unknownProperties(content, body),
      ...this.#check(`${asked.route} body`, content, body),
    ];
  }

  /** What is wrong with an answer. */
  problemsOfAnswer({ route }: Asked, status: number, body: unknown): readonly string[] {
    const given = this.#operation(route).responses[String(status)];
    if (given === undefined)
      return GENERAL.has(status) || status >= 500 ? [] : [`answer ${status}: there is none in the description`];
    const response = z.looseObject({ content: Content.optional() }).parse(this.#resolved(given));
    const schema = response.content?.['application/json']?.schema;
    // Of some failures the text alone is described, and not that it comes in a body.
    if (schema === undefined) return body === undefined || status >= 400 ? [] : [`answer ${status}: it has no body`];
    return this.#check(`${route} answer ${status}`, schema, body);
  }

  /** The smallest object of a schema, with what is given on top. */
  sample(name: string, given: JsonObject): JsonObject {
    const schema = { ...this.#document.components.schemas[name], nullable: false };
    const known = this.#samples.get(name) ?? JSON.stringify(sampleOf(this.#document, schema));
    this.#samples.set(name, known);
    const made = z.record(z.string(), z.unknown()).parse(JSON.parse(known));
    return { ...made, ...given };
  }

  #operation(route: string): z.output<typeof Operation> {
    const [method = '', path = ''] = route.split(' ');
    return Operation.parse(this.#document.paths[path]?.[method.toLowerCase()]);
  }

  #resolved(given: JsonObject): JsonObject {
    return resolve(this.#document, given);
  }

  /** GitHub ignores what it does not know, so its description allows it; here it is a mistake. */
  #unknownProperties(schema: JsonObject, body: unknown): readonly string[] {
    const known = new Set<string>();
    const visit = (at: JsonObject): void => {
      const { properties, oneOf, anyOf, allOf } = this.#resolved(at);
      for (const name of Object.keys(Schema.catch({}).parse(properties))) known.add(name);
      for (const part of z.array(Schema).parse([oneOf, anyOf, allOf].flat().filter(Boolean))) visit(part);
    };
    visit(schema);
    const names = Object.keys(Schema.catch({}).parse(body));
    return names.filter((name) => !known.has(name)).map((name) => `body ${name}: there is none in the description`);
  }

  #check(id: string, schema: JsonObject, value: unknown): readonly string[] {
    const validate = this.#compiled.get(id) ?? this.#compile(schema);
    this.#compiled.set(id, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${id}${instancePath}: ${message}`);
  }

  /** Each component is a schema of its own, so that what many calls share is compiled once. */
  #compile(schema: JsonObject): ValidateFunction {
    const refer = (reference: string): string => {
      const id = `part:${reference.slice(2).replaceAll('/', ':')}`;
      if (!this.#parts.has(id)) {
        this.#parts.add(id);
        this.#ajv.addSchema(Schema.parse(jsonSchemaOf(at(this.#document, reference), refer)), id);
      }
      return id;
    };
    return this.#ajv.compile(Schema.parse(jsonSchemaOf(schema, refer)));
  }
}

/** What a text in a path or query is by its schema. */
function typed(text: string, { type }: JsonObject): Json {
  if (type === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(?:true|false)$/.test(text)) return text === 'true';
  return text;
}

function patternOf(path: string): { path: string; pattern: RegExp; names: readonly string[] } {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const source = path.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replaceAll(/\{(\w+)\}/g, (_, name) => {
    // Only a ref and a path may hold slashes.
    return name === 'ref' || name === 'path' ? '(.+)' : '([^/]+)';
  });
  return { path, pattern: new RegExp(`^${source}$`), names };
}

/** `/a/b` goes before `/a/{c}`. */
function byLiterals(one: { names: readonly string[] }, other: { names: readonly string[] }): number {
  return one.names.length - other.names.length;
}
