import { parseIndex } from '../manifests/layout.ts';

/** What stands in the directory of an index. */
export interface Listed {
  /** Whether anything stands below a name. */
  isThere(name: string): boolean;
  /** Whether an overlay of this name sets a count. */
  isActing(name: string): boolean;
}

/** No way out of the directory, and no address. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * What a change of an index does beside listing what is there; null: nothing. undefined: it neither was nor is an index.
 *
 * @param before its text, null: there was none
 * @param after its text, null: it was removed
 */
export function indexProblem(before: string | null, after: string | null, listed: Listed): string | null | undefined {
  const [was, is] = [before, after].map((text) => (text === null ? null : parseIndex(text)));
  if (!was && !is) return undefined;
  if (!is && after !== null) return 'was changed by hand: it is no index any more';
  const added = is?.filter((name) => !was?.includes(name));
  const unknown = added?.find((name) => !PLAIN_NAME.test(name) || !listed.isThere(name));
  if (unknown !== undefined) return `was changed by hand: it lists ${JSON.stringify(unknown)}, which is not there`;
  const missing = was?.find((name) => !is?.includes(name) && listed.isActing(name));
  if (missing === undefined) return null;
  return after === null
    ? `was removed by hand: nothing applies ${missing} any more`
    : `was changed by hand: it does not list ${missing} any more, whose overlay is still there`;
}
