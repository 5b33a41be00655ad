import { cleanName } from './clean-name.ts';
import { cleanText } from './clean-text.ts';
import { counted } from './counted.ts';
import type { DecisionRecord } from './record.ts';
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

const MEMBERS_IN_SUBJECT = 3;
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

function subjectOf(entries: readonly CommitEntry[]): string {
  const [only] = entries;
  if (entries.length === 1 && only?.word) return `${only.word.verb} ${cleanName(only.key)}`;
  if (entries.length === 1 && only)
    return only.record ? scaleSubject(only.key, only.record) : `prepare ${cleanName(only.key)}`;
  if (entries.every(({ word }) => word !== null)) return `${entries[0]?.word?.verb} ${entries.length} workloads`;
  const members = new Set(entries.flatMap((entry) => entry.members)).size;
  // Where members are elsewhere, only the records are here.
  const where = members === 0 ? '' : ` on ${counted(members, 'cluster')}`;
  const verb = entries.every(({ record }) => record === null) ? 'prepare' : 'scale';
  return `${verb} ${entries.length} workloads${where}`;
}

function scaleSubject(key: string, record: CommittedRecord): string {
  const changed = Object.entries(record.members).filter(([, { before, after }]) => before !== after);
  const shown = changed.slice(0, MEMBERS_IN_SUBJECT).map(([name, { before, after }]) => {
    return before === null ? `${cleanName(name)} ${after}` : `${cleanName(name)} ${before} -> ${after}`;
  });
  if (changed.length > MEMBERS_IN_SUBJECT) shown.push(`${changed.length - MEMBERS_IN_SUBJECT} more`);
  const { before, after } = record.total;
  const total = before === null || before === after ? `at ${after}` : `${before} -> ${after}`;
  return `scale ${cleanName(key)} ${total}${shown.length > 0 ? ` (${shown.join(', ')})` : ''}`;
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
