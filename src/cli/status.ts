import type { Command } from 'commander';
import { recordPath } from '../manifests/layout.ts';
import { markdownTable } from '../manifests/markdown-table.ts';
import type { Engine } from '../reconcile/engine.ts';
import { type DsoOutcome, heldCounts, sumOf, sumOfKnown } from '../reconcile/outcome.ts';
import { isFailed, type PullReport, pullReport, reportOf } from '../reconcile/report.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { colorOf, formatOf, withHubOptions, withOutput } from './options.ts';
import { type Format, renderData } from './print-report.ts';
import { shownText } from './shown-text.ts';
import { renderTable } from './table.ts';
import { type PrintedOptions, tickOnce } from './tick-once.ts';

/** The standing of one DSO: what `-o json` prints. */
interface Standing {
  readonly key: string;
  /** What is committed could be read. */
  readonly isKnown: boolean;
  /** Committed now; null: nothing yet. */
  readonly committed: number | null;
  /** What the readings of now come to. */
  readonly decided: number | null;
  readonly members: Readonly<Record<string, number | null>>;
  readonly orphaned: Readonly<Record<string, number>>;
  /** The pull request that speaks for it; null: there is none. */
  readonly pullRequest: PullReport | null;
  readonly decision: { readonly seq: number; readonly time: string; readonly reason: string } | null;
  readonly lastCommit: string | null;
  /** Empty: nothing to wait for. */
  readonly waitsFor: string;
  readonly hold: string | null;
  readonly reason: string;
}

/** `status`: what is committed, since when and why, and what is waited for. */
export function addStatus(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('status')
    .description('show what is committed, since when and why, and what is waited for')
    .argument('[dso]', '<namespace>/<name> of one DistributedScaledObject')
    .addHelpText(
      'after',
      '\nExamples:\n  dso-gitops status\n  dso-gitops status shop/web\n  dso-gitops status -n shop -o json\n',
    )
    .action(async (name: string | undefined, options: PrintedOptions) => {
      const { engine, result } = await tickOnce('plan', name, options, false, context);
      const report = reportOf(result);
      const standings: Standing[] = [];
      const commits = await lastCommits(result.outcomes, engine);
      for (const outcome of result.outcomes) {
        const dso = report.dsos.find(({ key }) => key === outcome.key);
        standings.push(standingOf(outcome, dso?.because ?? '', commits.get(outcome.key) ?? null));
      }
      context.stdout(render(standings, formatOf(options.output), context));
      for (const problem of report.problems) context.stderr(`${shownText(problem)}\n`);
      for (const { repository, error } of report.destinations)
        if (error) context.stderr(`${repository} ${error.reason}: ${shownText(error.message)}\n`);
      if (isFailed(result)) done(EXIT.failed);
    });
  withOutput(withHubOptions(command));
}

/** The commits that brought the records, by key of the DSO. */
async function lastCommits(outcomes: readonly DsoOutcome[], engine: Engine): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, Map<string, string>>();
  for (const { key, placed, landed } of outcomes) {
    if (!placed || !landed) continue;
    const { home, dso } = placed;
    const here = keys.get(home.id) ?? new Map<string, string>();
    keys.set(home.id, here.set(recordPath(home.root, dso.namespace, dso.name), key));
  }
  const commits = new Map<string, string>();
  for (const [home, paths] of keys)
    for (const [path, commit] of await engine.lastCommits(home, [...paths.keys()]))
      commits.set(paths.get(path) ?? '', commit);
  return commits;
}

function standingOf(outcome: DsoOutcome, reason: string, commit: string | null): Standing {
  const { key, verdict, decided, behind, landed, problems, pull } = outcome;
  const held = heldCounts(outcome);
  const because = verdict.kind === 'stalled' ? problems[0]?.message : undefined;
  const waits = 'message' in verdict ? `${verdict.reason}: ${because ?? verdict.message}` : '';
  return {
    key,
    isKnown: decided !== null,
    committed: committedOf(outcome),
    decided: decided?.state?.demand.total ?? null,
    members: Object.fromEntries(held),
    orphaned: landed?.orphaned ?? {},
    decision: landed && { seq: landed.seq, time: landed.time, reason: landed.reason },
    lastCommit: commit,
    pullRequest: pullReport(pull),
    waitsFor: verdict.kind === 'change' ? 'the next apply' : waits || behindText(behind),
    hold: verdict.kind === 'held' ? verdict.message : null,
    reason,
  };
}

/** Of what is decided and is not there yet; empty: it is everywhere. */
function behindText(behind: DsoOutcome['behind']): string {
  const names = [...behind].map(([name, count]) => (count === null ? `${name} (not known)` : name));
  return names.length === 0 ? '' : `Behind: what is decided is not in the repository of ${names.join(', ')} yet`;
}

/** A sum of some of them is not what is committed; null: it is not known, or nothing is. */
function committedOf(outcome: DsoOutcome): number | null {
  const held = heldCounts(outcome);
  // Without a record nobody knows whether a member without a number has none, nor where a person changed it.
  const isUnknown = !outcome.landed || outcome.verdict.kind === 'held' || [...outcome.behind.values()].includes(null);
  if (isUnknown) return sumOf(held);
  return sumOfKnown(held);
}

function totalText({ isKnown, committed, decided, members }: Standing): string {
  if (!isKnown) return 'not known now';
  const isPartly = Object.values(members).some((count) => count !== null);
  const found = committed ?? (isPartly ? 'not known what is' : 'none');
  return `${found} committed, ${decided ?? 'none'} decided now`;
}

function render(standings: readonly Standing[], format: Format, context: Context): string {
  if (format === 'json' || format === 'yaml') return renderData(standings, format);
  if (format === 'markdown') return markdown(standings);
  if (standings.length === 0) return 'no DistributedScaledObject found\n';
  if (standings.length === 1 && standings[0]) return detail(standings[0], context);
  const rows = standings.map((one) => [
    one.key,
    one.committed === null ? '-' : String(one.committed),
    one.decided === null ? '-' : String(one.decided),
    membersText(one),
    one.lastCommit?.slice(0, 10) ?? '-',
    standingText(one) || one.reason,
  ]);
  return `${renderTable([['DSO', 'committed', 'decided', 'members', 'commit', 'waits for / reason'], ...rows], context.columns)}\n`;
}

/** In a word or two why nothing is written; empty: nothing stands against it. */
function standingText({ hold, waitsFor }: Standing): string {
  const [reason = ''] = waitsFor.split(':');
  return hold === null || reason === 'Held' ? reason : `held: ${reason}`;
}

function detail(one: Standing, context: Context): string {
  const { bold } = colorOf(context, process.stdout.isTTY);
  const orphans = Object.entries(one.orphaned).map(([name, count]) => `${name} ${count}`);
  const lines: [string, string][] = [
    ['total', totalText(one)],
    ['members', membersText(one)],
    ['orphaned', orphans.join(', ')],
    ['decision', one.decision ? `${one.decision.seq} at ${one.decision.time}: ${one.decision.reason}` : ''],
    ['commit', one.lastCommit ?? ''],
    ['review', one.pullRequest ? `#${one.pullRequest.number} ${one.pullRequest.state} ${one.pullRequest.url}` : ''],
    [one.hold === null ? 'waits for' : 'held', one.waitsFor],
    ['now', one.reason],
  ];
  const shown = lines
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `  ${name.padEnd(10)} ${shownText(text)}`);
  return `${bold(one.key)}\n${shown.join('\n')}\n`;
}

function markdown(standings: readonly Standing[]): string {
  const rows = standings.map((one) => [
    one.key,
    String(one.committed ?? '-'),
    String(one.decided ?? '-'),
    membersText(one),
    standingText(one),
  ]);
  return markdownTable([['DSO', 'committed', 'decided', 'members', 'waits for'], ...rows]);
}

function membersText({ members }: Standing): string {
  return Object.entries(members)
    .map(([name, count]) => `${name} ${count ?? '-'}`)
    .join(', ');
}
