import { parseIndex } from '../manifests/layout.ts';

/** What stands in the directory of an index. */
export interface Listed {
  /** Whether anything stands below a name. */
  isThere(name: string): boolean;
  /** Whether an overlay of this name sets a count. */
  isActing(name: string): boolean;
}

/** One thing that a change of an index does. */
export interface IndexProblem {
  readonly message: string;
  /** The name that is left out; null: it is something else. */
  readonly missing: string | null;
}

/** No way out of the directory, and no address. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * What a change of an index does beside listing what is there; empty: nothing. undefined: it neither was nor is an index.
 *
 * @param before its text, null: there was none
 * @param after its text, null: it was removed
 */
export function indexProblems(
  before: string | null,
  after: string | null,
  listed: Listed,
): readonly IndexProblem[] | undefined {
  const [was, is] = [before, after].map((text) => (text === null ? null : parseIndex(text)));
  if (!was && !is) return undefined;
  if (!is && after !== null) return [{ message: 'was changed by hand: it is no index any more', missing: null }];
  const unknown = is?.find((name) => !was?.includes(name) && (!PLAIN_NAME.test(name) || !listed.isThere(name)));
  const foreign = unknown === undefined ? [] : [{ message: unknownText(unknown), missing: null }];
  const missing = was?.filter((name) => !is?.includes(name) && listed.isActing(name)) ?? [];
  return [...foreign, ...missing.map((name) => ({ message: missingText(name, after === null), missing: name }))];
}

function unknownText(name: string): string {
  return `was changed by hand: it lists ${JSON.stringify(name)}, which is not there`;
}

function missingText(name: string, isRemoved: boolean): string {
  return isRemoved
    ? `was removed by hand: nothing applies ${name} any more`
    : `was changed by hand: it does not list ${name} any more, whose overlay is still there`;
}
