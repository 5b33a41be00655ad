import { Ansis } from 'ansis';
import { createTwoFilesPatch } from 'diff';
import wrapAnsi from 'wrap-ansi';
import { stringify } from 'yaml';
import { counted } from '../manifests/counted.ts';
import { markdownTable } from '../manifests/markdown-table.ts';
import {
  becauseOf,
  type DestinationReport,
  type DsoReport,
  type ProposalReport,
  type PullReport,
  type Report,
} from '../reconcile/report.ts';
import { shownText } from './shown-text.ts';
import { renderTable } from './table.ts';

export const FORMATS = ['table', 'json', 'yaml', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

/** How a report is printed. */
export interface PrintOptions {
  readonly format: Format;
  readonly color: Ansis;
  readonly columns: number | null;
  /** With the difference of every file. */
  readonly isDiffed: boolean;
}

/** Data in the format that was asked for; `table` is up to the caller. */
export function renderData(data: unknown, format: 'json' | 'yaml'): string {
  return format === 'json' ? `${JSON.stringify(data, null, 2)}\n` : stringify(data, { lineWidth: 0 });
}

/** More tables than these nobody reads, and the drawing of ten thousand takes longer than everything else. */
const MAX_TABLES = 100;

/** A report as text. */
export function renderReport(report: Report, options: PrintOptions): string {
  if (options.format === 'json' || options.format === 'yaml') return renderData(report, options.format);
  if (options.format === 'markdown') return renderMarkdown(report, options);
  const isBrief = report.dsos.length > MAX_TABLES;
  const parts = [...report.problems.map(shownText), ...report.dsos.map((dso) => renderDso(dso, options, isBrief))];
  if (isBrief)
    parts.push(
      options.color.dim(`the members of ${report.dsos.length} objects are left out: name one of them, or say -o json`),
    );
  parts.push(...new Set(report.destinations.map((destination) => renderDestination(destination, options))));
  parts.push(...report.proposals.map((proposal) => renderProposed(proposal, options)));
  if (report.dsos.length === 0 && report.destinations.length === 0) parts.push('no DistributedScaledObject found');
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** One DSO: what was read, what it comes to, and who gets what. @param isBrief without the members */
export function renderDso(dso: DsoReport, { color, columns }: PrintOptions, isBrief = false): string {
  const lines = [`${color.bold(dso.key)}  ${verdictText(dso, color)}`];
  const say = (label: string, text: string): void => void lines.push(wrapped(`  ${label.padEnd(8)} ${text}`, columns));
  for (const { source, value, problem } of dso.readings) {
    say('reading', problem ? color.yellow(shownText(problem)) : shownText(`${source} = ${value}`));
  }
  if (dso.total.decided !== null && dso.verdict !== 'held' && dso.reason !== 'Resumed')
    say('total', shownText([totalText(dso), becauseOf(dso)].filter((text) => text !== '').join(': ')));
  for (const rule of dso.rules) say('rule', shownText(rule));
  if (dso.pullRequest?.state === 'open') say('review', shownText(pullText(dso.pullRequest)));
  if (dso.message !== '' && (dso.verdict !== 'stalled' || dso.problems.length === 0))
    say(dso.verdict === 'wait' ? 'waits' : 'reason', `${color.yellow(dso.reason)}: ${shownText(dso.message)}`);
  // On a DSO that is served it is advice: a setting without an effect.
  for (const problem of dso.problems)
    say(dso.verdict === 'stalled' ? 'problem' : 'note', color.yellow(shownText(problem)));
  if (dso.unplaced > 0) say('unplaced', color.yellow(`${dso.unplaced}: no member can take them`));
  const isSplit = dso.members.some(({ decided }) => decided !== null);
  if (isSplit && !isBrief) lines.push(renderTable(memberRows(dso), columns, '  '));
  return lines.join('\n');
}

/** What goes, or would go, to one destination. */
export function renderDestination(destination: DestinationReport, { color, columns, isDiffed }: PrintOptions): string {
  const place = `${destination.repository} ${destination.branch}`;
  const { error } = destination;
  const said = error && `${color.red('not delivered')} to ${place}: ${error.reason}: ${shownText(error.message)}`;
  const failure = said ? [wrapped(said, columns)] : [];
  if (error && !destination.commit) return failure.join('\n');
  const subject = destination.message?.split('\n')[0] ?? '';
  const head = destination.commit
    ? `${color.green('commit')} ${destination.commit.slice(0, 10)} on ${place}`
    : `${color.cyan('would commit')} to ${place}`;
  const lines = [head, `  ${subject}`];
  if (isDiffed)
    lines.push(
      ...destination.files.filter(({ path }) => !path.includes('/decisions/')).map((file) => diffOf(file, color)),
    );
  const warnings = destination.warnings.map((one) => wrapped(`  ${color.yellow(shownText(one))}`, columns));
  // What one DSO needs may be refused, and the others go.
  return [...lines, ...warnings, ...failure].join('\n');
}

const STEPS: Readonly<Record<string, readonly [done: string, planned: string]>> = {
  create: ['opened', 'would open'],
  rebuild: ['brought in line', 'would bring in line'],
  refresh: ['renewed the text of', 'would renew the text of'],
  disarm: ['disarmed auto-merge of', 'would disarm auto-merge of'],
  close: ['closed', 'would close'],
};

/** What was done about a pull request, or would be. */
function renderProposed(proposal: ProposalReport, { color, columns }: PrintOptions): string {
  const { group, dsos, pullRequest, waiting, warnings, error } = proposal;
  const place = `${proposal.repository} ${proposal.branch}`;
  const what = `${pullRequest ? pullText(pullRequest) : 'a pull request'}, ${counted(dsos.length, 'workload')} of ${group}, ${place}`;
  if (error)
    return wrapped(`${color.red('not proposed')}: ${error.reason}: ${shownText(`${error.message}; ${what}`)}`, columns);
  const [done, planned] = STEPS[proposal.step] ?? ['open', 'open'];
  const lines = [wrapped(`${color.cyan(proposal.isPlanned ? planned : done)} ${shownText(what)}`, columns)];
  if (waiting) lines.push(wrapped(`  ${color.yellow(shownText(waiting))}`, columns));
  for (const warning of warnings) lines.push(wrapped(`  ${color.yellow(shownText(warning))}`, columns));
  return lines.join('\n');
}

function pullText({ number, url, state }: PullReport): string {
  return `pull request #${number} (${state}) ${url}`;
}

/** A line and, where it is too long, more lines below its text. */
function wrapped(line: string, columns: number | null): string {
  const indent = ' '.repeat(11);
  const [first = '', ...rest] = wrapAnsi(line, Math.max(40, (columns ?? 80) - indent.length), { trim: false }).split(
    '\n',
  );
  return [first, ...rest.map((text) => `${indent}${text.trimStart()}`)].join('\n');
}

function verdictText(dso: DsoReport, color: Ansis): string {
  if (dso.verdict === 'change') return color.green('changes');
  const isBehind = dso.members.some(({ committed, decided }) => committed !== decided);
  if (dso.verdict === 'same') return isBehind ? color.yellow('behind') : color.dim('no change');
  return dso.verdict === 'wait' ? color.cyan('waits') : color.red(dso.verdict);
}

function totalText({ total }: DsoReport): string {
  if (total.committed === null || total.committed === total.decided) return String(total.decided);
  return `${total.committed} -> ${total.decided}`;
}

function memberRows(dso: DsoReport): readonly (readonly string[])[] {
  const rows = dso.members.map(({ name, weight, committed, decided, exact, reason }) => [
    name,
    String(weight),
    exact === null ? '' : exact.toFixed(2),
    committed === null ? '-' : String(committed),
    decided === null ? '-' : String(decided),
    reason === 'weight' ? '' : (reason ?? ''),
  ]);
  return [['member', 'weight', 'share', 'now', 'next', ''], ...rows];
}

function diffOf(file: DestinationReport['files'][number], color: Ansis): string {
  const patch = createTwoFilesPatch(
    `a/${file.path}`,
    `b/${file.path}`,
    file.before ?? '',
    file.after ?? '',
    undefined,
    undefined,
    { context: 1 },
  );
  const lines = patch
    .split('\n')
    .map(shownText)
    .filter((line) => !/^(=+|Index:.*|\\ No newline.*|--- a\/.*)$/.test(line) && line !== '');
  return lines
    .map((line) => {
      if (line.startsWith('+++')) return `  ${color.bold(line.slice(6).trim())}`;
      if (line.startsWith('+')) return `  ${color.green(line)}`;
      if (line.startsWith('-')) return `  ${color.red(line)}`;
      return color.dim(`  ${line}`);
    })
    .filter((line) => !/@@/.test(line))
    .join('\n');
}

function renderMarkdown(report: Report, { isDiffed, format }: PrintOptions): string {
  const rows = report.dsos.flatMap((dso) =>
    dso.members.map(({ name, committed, decided, exact }) => {
      const share = exact === null ? '' : exact.toFixed(2);
      return [dso.key, name, String(committed ?? '-'), String(decided ?? '-'), share];
    }),
  );
  const reasons = report.dsos.map(
    (dso) => `- **${escapeMarkdown(dso.key)}** ${dso.verdict}: ${escapeMarkdown(dso.message || dso.because)}`,
  );
  const diffs = report.destinations.flatMap(({ files }) =>
    files.map((file) => `\`\`\`diff\n${diffOf(file, new Ansis(0))}\n\`\`\``),
  );
  return [
    markdownTable([['DSO', 'member', 'now', 'next', 'share'], ...rows]),
    ...reasons,
    ...report.dsos.flatMap(({ problems }) => problems.map((problem) => `- ${escapeMarkdown(problem)}`)),
    ...report.problems.map((problem) => `- ${escapeMarkdown(problem)}`),
    ...report.proposals.map(
      (one) => `- ${escapeMarkdown(renderProposed(one, { format, color: new Ansis(0), columns: 1000, isDiffed }))}`,
    ),
    ...(isDiffed && diffs.length > 0 ? ['', ...diffs] : []),
    '',
  ].join('\n');
}

function escapeMarkdown(text: string): string {
  return shownText(text)
    .replaceAll(/[\\`*_{}[\]<>()#+!|@]/g, '\\$&')
    .replaceAll(/\s+/g, ' ');
}
