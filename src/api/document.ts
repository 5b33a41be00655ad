import { type Document, isMap, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import type { LocatedProblem, Path, Problem } from './problem.ts';

/** One YAML document of a file, with the lines its values came from. */
export interface SourceDocument {
  readonly value: unknown;
  /** Puts a problem at its line of the file. */
  locate(problem: Problem): LocatedProblem;
}

/** What a file holds: documents that can be read, and what is wrong with the others. */
export interface ParsedFile {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly LocatedProblem[];
}

/** Parses all documents of a YAML (or JSON) file. A broken document does not hide the others. */
export function parseYamlFile(text: string, file: string): ParsedFile {
  const lines = new LineCounter();
  const documents: SourceDocument[] = [];
  const problems: LocatedProblem[] = [];
  const parsed = parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: false });
  for (const document of Array.isArray(parsed) ? parsed : []) {
    if (document.errors.length > 0) {
      for (const error of document.errors) {
        const { line } = lines.linePos(error.pos[0]);
        problems.push({ where: `${file}:${line}`, path: [], message: `broken YAML: ${error.message}` });
      }
      continue;
    }
    const value = toValue(document, file, problems);
    if (value === null || value === undefined) continue;
    documents.push({
      value,
      locate: (problem) => ({ ...problem, where: `${file}:${lineOf(document, problem.path, lines)}` }),
    });
  }
  return { documents, problems };
}

function toValue(document: Document.Parsed, file: string, problems: LocatedProblem[]): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases beyond the limit: a document built to exhaust memory.
    problems.push({ where: file, path: [], message: `broken YAML: ${error instanceof Error ? error.message : ''}` });
    return null;
  }
}

/** The line of a path, or of the nearest parent that is written in the file. */
function lineOf(document: Document.Parsed, path: Path, lines: LineCounter): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== null) return lines.linePos(offset).line;
  }
  return 1;
}

function offsetOf(document: Document.Parsed, path: Path): number | null {
  const last = path.at(-1);
  const parent = path.length > 0 ? document.getIn(path.slice(0, -1), true) : null;
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last));
    if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
  }
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : null;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : null;
}
