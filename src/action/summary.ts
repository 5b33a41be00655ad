import type { Finding } from '../history/finding.ts';
import { counted } from '../manifests/counted.ts';
import { markdownTable } from '../manifests/markdown-table.ts';
import { changesChart } from '../proposal/chart.ts';
import { codeSpan } from '../proposal/code-span.ts';
import { linesThatFit } from '../proposal/lines.ts';
import { type ProposalEntry, proposedMembers } from '../proposal/proposal.ts';
import { reasonsList } from '../proposal/reasons.ts';
import { changesTable } from '../proposal/table.ts';
import type { DsoReport, Report } from '../reconcile/report.ts';
import { byFile, fileIn } from './by-file.ts';

/** What is left of a comment's 65,536 characters, or of a summary's mebibyte, for the mark and what GitHub adds. */
const MAX_LENGTH = 48_000;
const MAX_ROWS = 200;
const MAX_MESSAGE_COLUMNS = 1500;

/** A report for people, in Markdown as GitHub has it. @param isPlan nothing was written */
export function summaryOf(report: Report, isPlan: boolean): string {
  const entries = report.dsos.flatMap((dso) => entryOf(dso, isPlan ? null : writtenIn(report, dso)));
  const pulls = report.proposals.filter(({ pullRequest }) => pullRequest?.state === 'open');
  const keys = new Set(isPlan ? [] : pulls.flatMap(({ dsos }) => dsos));
  const proposed = report.dsos.filter(({ key }) => keys.has(key)).flatMap((dso) => entryOf(dso, null));
  const unread = isPlan && report.problems.length > 0 ? ' Not everything can be read.' : '';
  const parts = [
    isPlan ? '### What would change' : '### What was committed',
    entries.length === 0 ? `${isPlan ? 'No count changes.' : 'No count was changed.'}${unread}` : '',
    ...changesIn(entries),
    ...(proposed.length > 0 ? ['### What is proposed', ...changesIn(proposed)] : []),
    section(
      '### Pull requests',
      pulls.map(({ pullRequest, dsos }) => `- ${pullRequest?.url}: ${counted(dsos.length, 'workload')}`),
    ),
    section('### Cannot be read', ofFiles(report.problems)),
    section('### Has no place', report.dsos.flatMap(unplacedOf)),
    section(
      '### What waits, or is refused',
      report.dsos.flatMap((dso) => waitOf(dso, isPlan)),
    ),
    section('### Not read', report.dsos.flatMap(missingOf)),
    section('### Not delivered', [...report.destinations, ...report.proposals].flatMap(failureOf)),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Names of the destinations that a DSO was committed to. */
function writtenIn({ destinations }: Report, { verdict }: DsoReport): ReadonlySet<string> {
  const committed = destinations.filter(({ commit }) => commit !== null && verdict === 'change');
  return new Set(committed.map(({ name }) => name));
}

function missingOf({ key, readings }: DsoReport): readonly string[] {
  return readings.flatMap(({ problem }) => (problem === null ? [] : `- ${codeSpan(key)}: ${messageSpan(problem)}`));
}

/** @param written destinations that it was committed to; null: all that it would go to count */
function entryOf(
  { key, because, total, members: all }: DsoReport,
  written: ReadonlySet<string> | null,
): readonly ProposalEntry[] {
  const shown = all.filter(({ destination }) => written?.has(destination) !== false);
  const { committed, decided } = total;
  if (decided === null || shown.every((member) => member.committed === member.decided)) return [];
  const members = all.flatMap(({ committed: before, decided: after, ...member }) => {
    return after === null ? [] : [{ ...member, before, after }];
  });
  return [
    {
      key,
      reason: because,
      total: { before: committed, after: decided },
      members: proposedMembers(members, new Set(shown.map(({ name }) => name))),
      record: '',
      previous: null,
      rule: null,
    },
  ];
}

/** A table, a chart, and the reasons. */
function changesIn(entries: readonly ProposalEntry[]): readonly string[] {
  if (entries.length === 0) return [];
  return [changesTable(entries, MAX_LENGTH / 3), changesChart(entries), reasonsList(entries, MAX_LENGTH / 4)];
}

function waitOf({ key, reason, message, problems, pullRequest }: DsoReport, isPlan: boolean): readonly string[] {
  if (reason === '') return [];
  if (isPlan && reason === 'Proposed') return [`- ${codeSpan(key)}: it goes by a pull request of its own`];
  // An address is followed, so it is a link and no text.
  const url = pullRequest?.url ?? '';
  const isLink = /^https?:\/\/[\w.:/-]+$/.test(url) && message.includes(url);
  const said = [isLink ? message.replace(url, '').replace(/[;:,\s]+$/, '') : message, ...problems];
  const link = isLink ? `, [#${pullRequest?.number}](${url})` : '';
  return [`- ${codeSpan(key)} ${codeSpan(reason)}: ${messageSpan(said.filter(Boolean).join('; '))}${link}`];
}

function unplacedOf({ key, unplaced }: DsoReport): readonly string[] {
  return unplaced > 0 ? [`- ${codeSpan(key)}: no member can take ${counted(unplaced, 'replica')}`] : [];
}

/** The first of each file. */
function ofFiles(problems: readonly string[]): readonly string[] {
  return [...byFile(problems, fileIn).values()].map(([first = '']) => `- ${messageSpan(first)}`);
}

/** What to do stands at its end. */
function messageSpan(text: string): string {
  return codeSpan(text, '', MAX_MESSAGE_COLUMNS);
}

function failureOf({
  repository,
  branch,
  error,
}: Report['destinations'][number] | Report['proposals'][number]): readonly string[] {
  return error
    ? [`- ${codeSpan(`${repository} ${branch}`)} ${codeSpan(error.reason)}: ${messageSpan(error.message)}`]
    : [];
}

function section(heading: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const shown = linesThatFit([...new Set(lines)].slice(0, MAX_ROWS), MAX_LENGTH / 6);
  const rest = lines.length - shown.length;
  return [heading, '', ...shown, ...(rest > 0 ? [`- and ${rest} more`] : [])].join('\n');
}

/** Findings of a verification for people. */
export function findingsTable(findings: readonly Finding[]): string {
  const rows = findings
    .slice(0, MAX_ROWS)
    .map(({ reason, path, commit, author, message }) =>
      [reason, path, commit.slice(0, 10), author, message].map((cell) => codeSpan(cell)),
    );
  return markdownTable([['finding', 'file', 'commit', 'by', ''], ...rows]);
}
