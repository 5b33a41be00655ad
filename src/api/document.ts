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
    const itemLines = linesOfItems(document, value, lines);
    let again: WeakRef<Document.Parsed> | null = null;
    const lineAt = (path: Path): number => {
      const known = path.length === 0 ? firstLine : isItem(path) ? itemLines[Number(path[1])] : undefined;
      if (known !== undefined) return known;
      const tree = again?.deref() ?? parseLast(text.slice(part.start, part.end));
      if (!tree) return firstLine;
      again = new WeakRef(tree);
      return lineOf(tree, part.start, path, lines);
    };
    documents.push({ value, locate: (problem) => ({ ...problem, where: `${file}:${lineAt(problem.path)}` }) });
  }
  return { documents, problems };
}

function parseLast(text: string): Document.Parsed | null {
  const documents = parseAllDocuments(text, OPTIONS);
  return Array.isArray(documents) ? (documents.at(-1) ?? null) : null;
}

/**
 * Lines of the items of a Kubernetes List, each of which is asked for; none where it is another object. A function of its own:
 * what is seen here is not kept by what locates problems later.
 */
function linesOfItems(document: Document.Parsed, value: unknown, lines: LineCounter): readonly number[] {
  const items = typeof value === 'object' && value !== null && 'items' in value ? value.items : null;
  return Array.isArray(items) ? items.map((_, index) => lineOf(document, 0, ['items', index], lines)) : [];
}

function isItem(path: Path): boolean {
  return path.length === 2 && path[0] === 'items';
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
