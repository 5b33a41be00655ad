import { cleanName } from './clean-name.ts';
import { cleanText } from './clean-text.ts';
import type { DecisionRecord } from './record.ts';
import { subjectOf } from './subject.ts';
import { fill, type Templates } from './template.ts';

/** A record, as far as a message speaks of it. */
export interface CommittedRecord extends Pick<DecisionRecord, 'seq' | 'reason' | 'total'> {
  /** Blob id of its text. */
  readonly id: string;
  readonly members: Readonly<Record<string, Pick<DecisionRecord['members'][string], 'before' | 'after'>>>;
}

/** One DSO of a commit. */
export interface CommitEntry {
  /** `namespace/name`. */
  readonly key: string;
  /** null: only empty overlays are written, to be wired. */
  readonly record: CommittedRecord | null;
  /** Members whose overlays this commit writes. */
  readonly members: readonly string[];
  /** A person's word, for the subject; null: it is about numbers. */
  readonly word: { readonly verb: 'hold' | 'resume' | 'release'; readonly reason: string } | null;
}

const ENTRIES_IN_BODY = 50;

/** Subject, a line of reason for each DSO, and trailers. */
export function commitMessage(templates: Templates, entries: readonly CommitEntry[]): string {
  const shown = entries.slice(0, ENTRIES_IN_BODY);
  const more = entries.length - shown.length;
  const lines = shown.map((entry) => `${cleanName(entry.key)}: ${reasonOf(entry)}`);
  if (more > 0) lines.push(`and ${more} more, each with its record`);
  const text = fill(templates.commitMessage, {
    subject: subjectOf(entries),
    body: lines.join('\n'),
    trailers: shown.flatMap(trailersOf).join('\n'),
  });
  return `${text.trimEnd()}\n`;
}

function reasonOf({ record, members, word }: CommitEntry): string {
  if (word) return cleanText(`${word.verb}: ${word.reason}`);
  if (record) return cleanText(record.reason);
  return `overlays without a count for ${members.length} members, so that they can be wired`;
}

function trailersOf({ key, record }: CommitEntry): readonly string[] {
  const trailers = [`Dso: ${cleanName(key)}`];
  if (record) trailers.push(`Dso-Decision: ${record.seq} ${record.id}`);
  return trailers;
}
