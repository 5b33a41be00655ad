import { Composer, type CST, type Document, isScalar, Parser, visit } from 'yaml';

/** Far more than any overlay or hold of ours. */
const MAX_LENGTH = 100_000;

/**
 * Data from a file of the repository, which anybody may have written: no anchors, every key once, of bounded size, and read
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
    if (!document || documents.length > 1 || document.errors.length > 0 || hasRepeatedKey(document)) return undefined;
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    // A broken token, an alias, or nested deeper than the stack.
    return undefined;
  }
}

/** Up to the first that is broken, or that no file of ours has. */
function* goodTokens(text: string): Generator<CST.Token> {
  for (const token of new Parser().parse(text)) {
    if (token.type === 'error' || token.type === 'directive') throw new Error(`unexpected ${token.type}`);
    yield token;
  }
}

function hasRepeatedKey(document: Document.Parsed): boolean {
  let isRepeated = false;
  visit(document, {
    Map(_place, { items }) {
      const keys = new Set(items.map(({ key }) => (isScalar(key) ? String(key.value) : key)));
      if (keys.size === items.length) return undefined;
      isRepeated = true;
      return visit.BREAK;
    },
  });
  return isRepeated;
}
