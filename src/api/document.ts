import { Composer, type Document, isMap, isScalar, LineCounter, Parser, parseAllDocuments } from 'yaml';
import type { LocatedProblem, Path, Problem } from './problem.ts';

/** One YAML document of a file, with the lines its values came from. */
export interface SourceDocument {
  readonly value: unknown;
  /** Puts a problem at its line of the file. */
  readonly locate: (problem: Problem) => LocatedProblem;
}

/** What a file holds: documents that can be read, and what is wrong with the others. */
export interface ParsedFile {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly LocatedProblem[];
}

const OPTIONS = { merge: true, prettyErrors: false } as const;

/**
 * Parses all documents of a YAML (or JSON) file. A broken document does not hide the others. One tree of nodes is in memory
 * at a time and none is kept: they are many times the size of the text, and a line is asked for only where something is wrong.
 */
export function parseYamlFile(text: string, file: string): ParsedFile {
  const lines = new LineCounter();
  const documents: SourceDocument[] = [];
  const problems: LocatedProblem[] = [];
  let start = 0;
  for (const document of new Composer(OPTIONS).compose(new Parser(lines.addNewLine).parse(text))) {
    const part = { start, end: document.range[2] };
    start = part.end;
    if (document.errors.length > 0) {
      for (const error of document.errors) {
        const { line } = lines.linePos(error.pos[0]);
        problems.push({ where: `${file}:${line}`, path: [], message: `broken YAML: ${error.message}` });
      }
      continue;
    }
    const value = toValue(document, file, problems);
    if (value === null || value === undefined) continue;
    const firstLine = lineOf(document, 0, [], lines);
    const lineAt = (path: Path): number => {
      if (path.length === 0) return firstLine;
      const again = parseAllDocuments(text.slice(part.start, part.end), OPTIONS);
      const last = Array.isArray(again) ? again.at(-1) : undefined;
      return last ? lineOf(last, part.start, path, lines) : firstLine;
    };
    documents.push({ value, locate: (problem) => ({ ...problem, where: `${file}:${lineAt(problem.path)}` }) });
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

/** The line of a path, or of the nearest parent that is written in the file. `start`: where the document's text begins in it. */
function lineOf(document: Document.Parsed, start: number, path: Path, lines: LineCounter): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== null) return lines.linePos(start + offset).line;
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
