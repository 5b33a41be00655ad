import { cleanName } from '../manifests/clean-name.ts';
import { cutToColumns } from '../manifests/columns.ts';

/** More than a name of Kubernetes with its namespace. */
const MAX_COLUMNS = 400;

/**
 * Text of an object as a code span, in a paragraph and in the cell of a table. GitHub looks for mentions, references,
 * links, commits, emoji and formulas outside of code only; that the text is cleaned as well is for where the Markdown is
 * taken as plain text: the message of a squash merge, and an answer by mail.
 *
 * @param before what stands in front of it in the same span; our own words
 * @param columns of the text
 */
export function codeSpan(text: string, before = '', columns = MAX_COLUMNS): string {
  // A backtick would end it, and a bar would end the cell that it is in.
  const inner = cutToColumns(cleanName(text), columns).replaceAll('`', "'").replaceAll('|', '\u00a6');
  return `\`${before}${inner === '' ? '-' : inner}\``;
}
