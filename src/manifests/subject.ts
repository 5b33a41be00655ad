import { cleanName } from './clean-name.ts';
import { columnsOf, cutToColumns } from './columns.ts';
import { counted } from './counted.ts';

/** One DSO, as far as a subject speaks of it. */
export interface SubjectEntry {
  /** `namespace/name`. */
  readonly key: string;
  /** null: only empty overlays are written. */
  readonly record: {
    readonly total: Change;
    readonly members: Readonly<Record<string, Change>>;
  } | null;
  /** Members whose overlays are written. */
  readonly members: readonly string[];
  /** A person's word; null: it is about numbers. */
  readonly word: { readonly verb: string } | null;
}

interface Change {
  /** null: not known. */
  readonly before: number | null;
  readonly after: number;
}

const MEMBERS_SHOWN = 3;

/**
 * What changes, on one line: the subject of a commit, and the title of a pull request.
 *
 * @param columns that it may take, at least 40. Members give way first, then the end of a name: never the numbers
 */
export function subjectOf(entries: readonly SubjectEntry[], columns = Number.POSITIVE_INFINITY): string {
  const [only] = entries;
  if (entries.length === 1 && only) return subjectOfOne(only, columns);
  if (entries.every(({ word }) => word !== null)) return `${entries[0]?.word?.verb} ${entries.length} workloads`;
  const members = new Set(entries.flatMap((entry) => entry.members)).size;
  // Where members are elsewhere, only the records are here.
  const where = members === 0 ? '' : ` on ${counted(members, 'cluster')}`;
  const verb = entries.every(({ record }) => record === null) ? 'prepare' : 'scale';
  return `${verb} ${entries.length} workloads${where}`;
}

function subjectOfOne({ key, record, word }: SubjectEntry, columns: number): string {
  if (!record || word) return withName(word?.verb ?? 'prepare', key, '', columns);
  const { before, after } = record.total;
  const total = before === null || before === after ? ` at ${after}` : ` ${before} -> ${after}`;
  for (let shown = MEMBERS_SHOWN; shown >= 0; shown -= 1) {
    const subject = `scale ${cleanName(key)}${total}${membersOf(record.members, shown)}`;
    if (columnsOf(subject) <= columns) return subject;
  }
  return withName('scale', key, total, columns);
}

function withName(verb: string, key: string, end: string, columns: number): string {
  return `${verb} ${cutToColumns(cleanName(key), columns - columnsOf(`${verb} ${end}`))}${end}`;
}

function membersOf(members: Readonly<Record<string, Change>>, most: number): string {
  const changed = Object.entries(members).filter(([, { before, after }]) => before !== after);
  if (changed.length === 0) return '';
  if (most === 0) return ` (${counted(changed.length, 'member')})`;
  const shown = changed.slice(0, most).map(([name, { before, after }]) => {
    return before === null ? `${cleanName(name)} ${after}` : `${cleanName(name)} ${before} -> ${after}`;
  });
  if (changed.length > most) shown.push(`${changed.length - most} more`);
  return ` (${shown.join(', ')})`;
}
