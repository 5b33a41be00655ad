import { counted } from '../manifests/counted.ts';
import { markdownRow, markdownTable } from '../manifests/markdown-table.ts';
import { codeSpan } from './code-span.ts';
import { linesThatFit } from './lines.ts';
import type { ProposalEntry, ProposedMember } from './proposal.ts';

const HEAD = markdownTable([['DSO', 'member', 'replicas', 'share by weight']]).trimEnd();
/** Of the sentences below the table. */
const NOTES_LENGTH = 200;

/**
 * Every member whose count changes, with the number of those that stay; '' where none changes.
 *
 * @param room in UTF-16 units: rows give way, and how many did is said
 */
export function changesTable(entries: readonly ProposalEntry[], room = Number.POSITIVE_INFINITY): string {
  const rows = entries.flatMap(({ key, members }) =>
    members.filter(isChanged).map((member) => markdownRow(cellsOf(key, member)).trimEnd()),
  );
  if (rows.length === 0) return '';
  const whole = tableOf(entries, rows, rows);
  if (whole.length <= room) return whole;
  return tableOf(entries, rows, linesThatFit(rows, room - HEAD.length - NOTES_LENGTH));
}

function tableOf(entries: readonly ProposalEntry[], rows: readonly string[], shown: readonly string[]): string {
  const notes: string[] = [];
  if (shown.length < rows.length)
    notes.push(`... and ${rows.length - shown.length} more, in the files of this pull request.`);
  const kept = entries.reduce((sum, { members }) => sum + members.filter((member) => !isChanged(member)).length, 0);
  if (kept > 0)
    notes.push(`${counted(kept, 'other count')} of these workloads ${kept === 1 ? 'does' : 'do'} not change.`);
  return [[HEAD, ...shown].join('\n'), ...notes].join('\n\n');
}

function isChanged({ before, after }: ProposedMember): boolean {
  return before !== after;
}

function cellsOf(key: string, { name, before, after, sharePercent, bound }: ProposedMember): readonly string[] {
  const share = `${Math.round(sharePercent * 10) / 10} %`;
  return [
    codeSpan(key),
    codeSpan(name),
    `${before ?? 'none'} -> ${after}`,
    bound ? `${share}, at its ${bound}` : share,
  ];
}
