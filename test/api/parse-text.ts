import { parseYamlFile } from '../../src/api/document.ts';
import { DEFAULT_DEMAND_SETTINGS, type Dso } from '../../src/api/effective.ts';
import { formatProblem } from '../../src/api/problem.ts';
import { parseObject } from '../../src/sources/objects.ts';

/** What the objects of one text come to. */
export interface ParsedText {
  readonly dsos: readonly Dso[];
  /** `kind namespace/name` of everything that was recognised. */
  readonly objects: readonly string[];
  /** As a user sees them. */
  readonly problems: readonly string[];
}

/** Reads a file as the product does, up to the effective DSO. */
export function parseText(text: string, file = 'dso.yaml'): ParsedText {
  const { documents, problems } = parseYamlFile(text, file);
  const dsos: Dso[] = [];
  const objects: string[] = [];
  const found = problems.map(formatProblem);
  for (const document of documents) {
    const parsed = parseObject(document, DEFAULT_DEMAND_SETTINGS);
    if (parsed.kind === 'object') {
      objects.push(`${parsed.object.kind} ${parsed.object.namespace}/${parsed.object.name}`);
    }
    if (parsed.kind === 'problem') found.push(formatProblem(parsed.problem));
    if (parsed.kind !== 'dso') continue;
    const { effective, key } = parsed.dso;
    objects.push(`DistributedScaledObject ${key}`);
    if (effective.kind === 'dso') dsos.push(effective.dso);
    if (effective.kind === 'invalid') {
      found.push(...effective.problems.map((problem) => formatProblem(document.locate(problem))));
    }
    if (effective.kind === 'unsupported') found.push(formatProblem(document.locate(effective.problem)));
  }
  return { dsos, objects, problems: found };
}
