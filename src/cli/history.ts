import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type Carrier,
  decisionsOf,
  type PastDecision,
  type PastPlace,
  putBacksOf,
} from '../history/decision-history.ts';
import { type HeldDecision, heldAt } from '../history/held-at.ts';
import { readHeld } from '../reconcile/read-held.ts';
import type { PullReport } from '../reconcile/report.ts';
import { connectToGit } from './connect.ts';
import type { Context, ExitCode } from './context.ts';
import {
  colorOf,
  formatOf,
  requireConfiguration,
  type SelectionOptions,
  selectionOf,
  withOutput,
  withSelection,
} from './options.ts';
import { type Format, renderData } from './print-report.ts';
import { pullsByCommit } from './pulls-of.ts';
import { readEach, sayLeftOut } from './read-each.ts';
import { recordedIn, someOf } from './recorded-in.ts';
import { shownText } from './shown-text.ts';
import { renderMarkdownTable, renderTable } from './table.ts';

interface HistoryOptions extends SelectionOptions {
  readonly output: string;
  readonly at?: number;
  readonly plot?: boolean;
  readonly limit: number;
}

const LIMIT = 50;

/** With the pull request that brought it; null: it was pushed, or none is known. */
type WithPull<T> = T & { readonly pullRequest: PullReport | null };

type ShownDecision = WithPull<Omit<PastDecision, 'elsewhere'>> & { readonly elsewhere: readonly WithPull<Carrier>[] };

/** `history`: who changed what when and why, from the decision records in Git. */
export function addHistory(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('history')
    .description('show the decisions of the past, from the records in Git')
    .argument('[dso]', '<namespace>/<name> of one DistributedScaledObject, which need not exist any more')
    .option('--at <time>', 'what held at this time, such as 2026-03-03T14:03Z', parseTime)
    .addOption(new Option('--plot', 'draw the totals that were decided over time').conflicts(['at', 'output']))
    .addOption(
      new Option('--limit <count>', 'at most so many, the newest first; 0: all')
        .argParser(parseLimit)
        .default(LIMIT)
        .conflicts('at'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, options: HistoryOptions) => {
      const { configuration, engine } = await connectToGit(
        await requireConfiguration(options.config, context),
        context,
      );
      const key = name === undefined || name.includes('/') ? name : `${options.namespace ?? 'default'}/${name}`;
      const isWanted = selectionOf(options, name);
      const path = key === undefined ? 'decisions' : `decisions/${key}.yaml`;
      const { at } = options;
      if (at !== undefined) {
        const { told, leftOut } = await readEach(configuration.destinations, ({ id }) => {
          const when = { instant: at, now: context.now() };
          return engine.past(id, (repository, destination) => readHeld(repository, destination, path, when));
        });
        sayLeftOut(leftOut, context, done);
        const held = heldAt(told.flatMap((place) => place ?? [])).filter((one) => isWanted(one.key));
        context.stdout(renderHeld(held, formatOf(options.output), context));
        return;
      }
      const { told: places, leftOut } = await readEach(configuration.destinations, async ({ id, url }) => {
        return { repository: url, revisions: await engine.revisions(id, path) };
      });
      sayLeftOut(leftOut, context, done);
      const pulls = await pullsByCommit(configuration, engine, context);
      const withPull = <T extends Carrier>(one: T): WithPull<T> => ({
        ...one,
        pullRequest: pulls.get(one.commit) ?? null,
      });
      const all = decisionsOf(places)
        .filter((one) => isWanted(one.key))
        .map((one) => ({ ...withPull(one), elsewhere: one.elsewhere.map(withPull) }));
      const format = formatOf(options.output);
      const others = key !== undefined && all.length === 0 ? await recordedIn(configuration, engine) : [];
      context.stdout(
        others.length > 0 && format !== 'json' && format !== 'yaml'
          ? `no decision of ${shownText(key ?? '')} found; there are decisions of ${someOf(others)}\n`
          : await render(newest(all, options.limit), all.length, format, options, context, places),
      );
    });
  withOutput(withSelection(command));
}

function newest(decisions: readonly ShownDecision[], limit: number): readonly ShownDecision[] {
  return limit === 0 ? decisions : decisions.slice(0, limit);
}

async function render(
  decisions: readonly ShownDecision[],
  all: number,
  format: Format,
  { plot: isPlotted }: HistoryOptions,
  context: Context,
  places: readonly PastPlace[],
): Promise<string> {
  const { columns } = context;
  const more = all - decisions.length;
  const note = more > 0 ? `${more} older ones; --limit 0 shows all\n` : '';
  if (format !== 'table') context.stderr(note);
  if (format === 'json' || format === 'yaml') return renderData(decisions, format);
  if (decisions.length === 0) return 'no decision found\n';
  if (isPlotted) {
    const color = colorOf(context, process.stdout.isTTY);
    const { plotHistory } = await import('./plot-history.ts');
    return `${plotHistory(withPutBacks(decisions, places), { now: context.now(), columns, color })}${note}`;
  }
  const rows = decisions.map((one) => {
    const carriers = [
      carrierText(one),
      ...one.elsewhere.map((other) => `${carrierText(other)} in ${other.repository}`),
    ];
    return rowOf(one, `${one.total.before ?? '-'} -> ${one.total.after}`, membersText(one), carriers.join(', '));
  });
  if (format === 'markdown') return renderMarkdownTable([HEAD, ...rows]);
  return `${renderTable([HEAD, ...rows], columns)}\n${note}`;
}

/** What held over time: a decision that was put back holds again from then on. The newest first. */
function withPutBacks(decisions: readonly PastDecision[], places: readonly PastPlace[]): readonly PastDecision[] {
  const keys = new Set(decisions.map(({ key }) => key));
  const all = [...decisions, ...putBacksOf(places).filter(({ key }) => keys.has(key))];
  return all.sort((one, other) => Date.parse(other.time) - Date.parse(one.time));
}

const HEAD = ['time', 'DSO', 'seq', 'total', 'members', 'commit', 'reason'];

function carrierText({ commit, pullRequest }: WithPull<Carrier>): string {
  return `${commit.slice(0, 10)}${pullRequest ? ` #${pullRequest.number}` : ''}`;
}

function rowOf(
  { time, key, seq, reason }: PastDecision | HeldDecision,
  total: string,
  members: string,
  carrier: string,
): readonly string[] {
  return [time.replace(/\.\d+Z$/, 'Z'), key, String(seq), total, members, carrier, reason];
}

function renderHeld(held: readonly HeldDecision[], format: Format, { columns }: Context): string {
  if (format === 'json' || format === 'yaml') return renderData(held, format);
  if (held.length === 0) return 'nothing was decided until then, or what was is released\n';
  const rows = held.map((one) => {
    const total = String(one.total.after ?? '-');
    return rowOf({ ...one, reason: heldReason(one) }, total, heldText(one), one.commit.slice(0, 10));
  });
  return format === 'markdown' ? renderMarkdownTable([HEAD, ...rows]) : `${renderTable([HEAD, ...rows], columns)}\n`;
}

function heldText({ members }: HeldDecision): string {
  return Object.entries(members)
    .map(([name, { after, byHand, isOrphaned }]) => {
      const who = byHand ? ` (by hand, commit ${byHand.commit.slice(0, 10)} by ${byHand.author})` : '';
      return `${name} ${after ?? '-'}${isOrphaned ? ' (left the DSO)' : ''}${who}`;
    })
    .join(', ');
}

function heldReason({ lost, reason }: HeldDecision): string {
  if (!lost) return reason;
  const what = lost.is === 'removed' ? 'the record was removed' : 'the record was made unreadable';
  return `${what} in commit ${lost.commit.slice(0, 10)} by ${lost.author}; it said: ${reason}`;
}

function membersText({ members }: PastDecision): string {
  return Object.entries(members)
    .map(([name, { before, after }]) =>
      before === after ? `${name} ${after}` : `${name} ${before ?? '-'} -> ${after}`,
    )
    .join(', ');
}

function parseTime(value: string): number {
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new InvalidArgumentError('expected a time such as 2026-03-03T14:03Z');
  return time;
}

function parseLimit(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('expected a count such as 50, or 0 for all');
  return Number(value);
}

const EXAMPLES = `
Examples:
  dso-gitops history shop/web                          every decision about shop/web
  dso-gitops history shop/web --plot                   its total over time, drawn in the terminal
  dso-gitops history --at 2026-03-03T14:03Z            what every member had at that moment, and why
  dso-gitops history shop/web --limit 0 -o json        all of it, for a tool
`;
