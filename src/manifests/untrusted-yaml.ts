import { Composer, type CST, type Document, isScalar, Parser, visit } from 'yaml';

/** Far more than any overlay or hold of ours. */
const MAX_LENGTH = 100_000;
/** Of collections in each other. The parser calls itself for each, and at the end of the stack all of Node.js may end. */
const MAX_DEPTH = 50;

/** Whether data is a map of keys, not a list and no scalar. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Data from a file of the repository, which anybody may have written: no aliases, every key a plain one and there once, of bounded size, and read
 * in a time that grows with its length alone.
 *
 * @returns undefined: it is no YAML that we take
 */
export function readUntrustedYaml(text: string, maxLength = MAX_LENGTH): unknown {
  if (text.length > maxLength) return undefined;
  try {
    // The parser's own check for unique keys and its pictures of errors take the square of the length.
    const composer = new Composer({ uniqueKeys: false, prettyErrors: false });
    const documents = [...composer.compose(goodTokens(text), true, text.length)];
    const [document] = documents;
    if (!document || documents.length > 1 || document.errors.length > 0 || hasBadKey(document)) return undefined;
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    // A broken token, an alias, or nested too deep.
    return undefined;
  }
}

/** Up to the first that is broken, or that no file of ours has. */
function* goodTokens(text: string): Generator<CST.Token> {
  for (const token of new Parser().parse(text)) {
    if (token.type === 'error' || token.type === 'directive') throw new Error(`unexpected ${token.type}`);
    if (isDeep(token)) throw new Error('nested too deep');
    yield token;
  }
}

function isDeep(token: CST.Token): boolean {
  const open: (readonly [token: CST.Token, depth: number])[] = [[token, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [current, depth] = next;
    if (depth > MAX_DEPTH) return true;
    for (const child of childrenOf(current)) open.push([child, depth + 1]);
  }
  return false;
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((child) => child !== undefined && child !== null));
}

/** A key that is a collection or bytes itself would become its own text, level by level: a kilobyte of them takes minutes. */
function hasBadKey(document: Document.Parsed): boolean {
  let isBad = false;
  visit(document, {
    Map(_place, { items }) {
      const keys = new Set(items.flatMap(({ key }) => textOf(key)));
      if (keys.size === items.length) return undefined;
      isBad = true;
      return visit.BREAK;
    },
  });
  return isBad;
}

/** What JavaScript calls a key; empty: it is none. */
function textOf(key: unknown): readonly string[] {
  const value = isScalar(key) ? key.value : null;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [];
}
