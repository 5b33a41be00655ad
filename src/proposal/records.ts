import { cleanName } from '../manifests/clean-name.ts';
import { cutToColumns } from '../manifests/columns.ts';
import { counted } from '../manifests/counted.ts';
import { disarm } from '../manifests/disarm.ts';
import type { ProposalEntry } from './proposal.ts';

/** Of the sentence about those that are not shown. */
const NOTE_LENGTH = 150;

/** Decision records, folded away. @param room in UTF-16 units: those without room are counted */
export function foldedRecords(entries: readonly ProposalEntry[], room: number): string {
  const shown: string[] = [];
  let left = room - NOTE_LENGTH;
  for (const entry of entries) {
    // No fold is shorter than its record: one that has no room is not made.
    const fold = entry.record.length > left ? null : foldOf(entry);
    if (fold === null || fold.length + 2 > left) break;
    shown.push(fold);
    left -= fold.length + 2;
  }
  const missing = entries.length - shown.length;
  if (missing > 0) {
    const which = missing === entries.length ? 'The' : 'Of the others the';
    const what = missing === 1 ? 'decision record does' : `${counted(missing, 'decision record')} do`;
    shown.push(`${which} ${what} not fit in here: look at the files of this pull request.`);
  }
  return shown.join('\n\n');
}

function foldOf({ key, record }: ProposalEntry): string {
  // As the file is, but for what a host acts on in a text that is copied into a message.
  const text = disarm(record.replaceAll(/[^\n\P{Cc}]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ')).trimEnd();
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [
    '<details>',
    `<summary>Decision record of <code>${escapeHtml(cutToColumns(cleanName(key), 400))}</code></summary>`,
    '',
    `${fence}yaml`,
    text,
    fence,
    '',
    '</details>',
  ].join('\n');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
