import type { Command } from 'commander';
import { show } from '../api/problem.ts';
import { MAX_REPLICAS } from '../demand/metric.ts';
import { mustAct } from '../errors.ts';
import { markdownTable } from '../manifests/markdown-table.ts';
import { type SplitMember, type SplitResult, split } from '../split/split.ts';
import type { Context, ExitCode } from './context.ts';
import { collect, MEMBER_FORM, parseCount, parseMembers } from './member-option.ts';
import { formatOf, withOutput } from './options.ts';
import { type Format, renderData } from './print-report.ts';
import { renderTable } from './table.ts';

interface SplitOptions {
  readonly total?: string;
  readonly member?: readonly string[];
  readonly key: string;
  readonly output: string;
}

/** A split as data: what `-o json` prints. `total`, `replicas` and `unplaced` come first. */
interface SplitReport {
  readonly total: number;
  readonly replicas: Readonly<Record<string, number>>;
  /** Replicas that no member can take. */
  readonly unplaced: number;
  readonly key: string;
  readonly members: readonly MemberLine[];
}

interface MemberLine {
  readonly name: string;
  readonly weight: number;
  readonly min: number;
  /** null: no bound. */
  readonly max: number | null;
  readonly priority: number;
  /** Exact share by weight. */
  readonly share: number;
  readonly replicas: number;
  readonly reason: string;
  /** Replicas below `min`. */
  readonly short: number;
}

/** `split`: what-if without any object. */
export function addSplit(program: Command, context: Context, _done: (code: ExitCode) => void): void {
  const command = program
    .command('split')
    .description('show how a total is split over members; needs no object')
    .option('--total <replicas>', `the total, 0 to ${MAX_REPLICAS}`)
    .option('--member <member>', `${MEMBER_FORM}; once per member`, collect)
    .option('--key <namespace/name>', 'the workload; decides who gets a tied replica', 'default/example')
    .addHelpText('after', EXAMPLES)
    .action((options: SplitOptions) => {
      const { total, members } = checkOptions(options);
      const report = reportOf(split(total, members, options.key), members, options.key);
      context.stdout(render(report, formatOf(options.output), context.columns));
    });
  withOutput(command);
}

function checkOptions({ total: text, member, key }: SplitOptions): { total: number; members: readonly SplitMember[] } {
  const total = parseCount(text ?? '', MAX_REPLICAS);
  const { members, problems: found } = parseMembers(member ?? []);
  const problems = [...found];
  if (total === null) problems.unshift(`--total: expected an integer from 0 to ${MAX_REPLICAS}; found ${show(text)}`);
  if (members.length === 0) problems.push(`--member: expected ${MEMBER_FORM} at least once; found nothing`);
  if (!/^[^/\s]+\/[^/\s]+$/.test(key)) problems.push(`--key: expected <namespace>/<name>; found ${show(key)}`);
  if (total === null || problems.length > 0) throw mustAct('InputInvalid', problems.join('\n'));
  return { total, members };
}

function reportOf(result: SplitResult, members: readonly SplitMember[], key: string): SplitReport {
  const byName = new Map(members.map((member) => [member.name, member]));
  return {
    total: result.total,
    replicas: Object.fromEntries(result.shares.map(({ name, replicas }) => [name, replicas])),
    unplaced: result.unplaced,
    key,
    members: result.shares.map(({ name, replicas, exact, reason }) => {
      const { weight = 0, min = 0, max = null, priority = 0 } = byName.get(name) ?? {};
      return { name, weight, min, max, priority, share: exact, replicas, reason, short: result.minUnmet[name] ?? 0 };
    }),
  };
}

function render(report: SplitReport, format: Format, columns: number | null): string {
  // One line: what a script reads.
  if (format === 'json') return `${JSON.stringify(report)}\n`;
  if (format === 'yaml') return renderData(report, format);
  const notes = notesOf(report);
  if (format === 'markdown')
    return [markdownTable(rowsOf(report).map(escaped)), ...notes.map((note) => `\n${note}\n`)].join('');
  return `${[renderTable(rowsOf(report), columns), ...notes].join('\n')}\n`;
}

function rowsOf({ members }: SplitReport): readonly (readonly string[])[] {
  const hasTiers = members.some(({ priority }) => priority > 0);
  const rows = members.map(({ name, weight, min, max, priority, share, replicas, reason }) => [
    name,
    ...(hasTiers ? [String(priority)] : []),
    String(weight),
    String(min),
    max === null ? '' : String(max),
    share.toFixed(2),
    String(replicas),
    reason,
  ]);
  return [
    ['member', ...(hasTiers ? ['priority'] : []), 'weight', 'min', 'max', 'share', 'replicas', 'reason'],
    ...rows,
  ];
}

function escaped(row: readonly string[]): readonly string[] {
  return row.map((cell) => cell.replaceAll(/[\\|`*_<>]/g, '\\$&'));
}

function notesOf({ members, unplaced }: SplitReport): readonly string[] {
  const notes = members
    .filter(({ short }) => short > 0)
    .map(({ name, min, short }) => `${name} is ${short} short of its minimum ${min}`);
  if (unplaced > 0) notes.push(`unplaced ${unplaced}: no member can take them`);
  return notes;
}

const EXAMPLES = `
Examples:
  dso-gitops split --total 7 --member member-1=4 --member member-2=6
  dso-gitops split --total 7 --member member-1=4 --member member-2=6,min=1,max=10 --key shop/web -o json
  dso-gitops split --total 20 --member onprem=1,max=12,priority=1 --member cloud=1    fill onprem first
`;
