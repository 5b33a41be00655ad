import type { Command } from 'commander';
import { mustAct } from '../errors.ts';
import { counted } from '../manifests/counted.ts';
import type { Engine } from '../reconcile/engine.ts';
import { type DsoOutcome, isLandedAtHome, outcomesHeldBy, type TickResult } from '../reconcile/outcome.ts';
import { reportOf } from '../reconcile/report.ts';
import { isCommitId } from './commit-id.ts';
import { connect } from './connect.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { colorOf, formatOf, keyOf, requireConfiguration, withHubOptions, withOutput } from './options.ts';
import { renderReport } from './print-report.ts';
import { type WordOptions, withWord, wordOf } from './word.ts';
import { writeStatus } from './write-status.ts';

interface ResumeOptions extends WordOptions {
  readonly output: string;
  readonly commit?: string;
}

/** `resume`: ends a hold; what is committed is where it goes on from. */
export function addResume(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('resume')
    .description('end a hold: go on from the counts that are committed')
    .argument('[dso]', '<namespace>/<name> of a DistributedScaledObject that is held')
    .option('--commit <id>', 'all that are held by this commit')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, options: ResumeOptions) => {
      await resume(name, options, context, done);
    });
  withOutput(withHubOptions(withWord(command)));
}

async function resume(
  name: string | undefined,
  options: ResumeOptions,
  context: Context,
  done: (code: ExitCode) => void,
): Promise<void> {
  if (options.commit !== undefined && !isCommitId(options.commit))
    throw mustAct(
      'InputInvalid',
      `expected --commit with at least 7 characters of the id of a commit; found ${JSON.stringify(options.commit)}`,
    );
  if ((name === undefined) === (options.commit === undefined))
    throw mustAct('InputInvalid', 'expected either <namespace>/<name> or --commit <id>; see dso-gitops status');
  const { engine, open } = await connect(await requireConfiguration(options.config, context), options, true, context);
  try {
    const { signal } = context;
    const planned = await engine.tick({ mode: 'plan', now: context.now(), signal });
    const { outcomes } = planned;
    const held = name === undefined ? outcomesHeldBy(outcomes, options.commit ?? '') : [find(planned, name, options)];
    const word = wordOf(options, context);
    const keys = new Map(held.map(({ key }) => [key, word]));
    const unnamed = name === undefined ? outcomes.filter(isUnnamed).map(({ key }) => key) : [];
    if (unnamed.length > 0) context.stderr(`${unnamedText(unnamed)}\n`);
    if (keys.size === 0 && unnamed.length === 0)
      throw mustAct('NotHeld', `nothing is held by commit ${options.commit}; see dso-gitops status`);
    if (unnamed.length > 0) done(EXIT.failed);
    if (keys.size === 0) return;
    if (await resumeProposed(engine, held)) {
      context.stderr(
        'the pull requests that were closed hold them no longer; the next evaluation proposes what is due\n',
      );
      return;
    }
    const only = (key: string): boolean => keys.has(key);
    const result = await engine.tick({ mode: 'apply', now: context.now(), only, resume: keys, signal });
    const color = colorOf(context, process.stdout.isTTY);
    const format = formatOf(options.output);
    context.stdout(renderReport(reportOf(result), { format, color, columns: context.columns, isDiffed: false }));
    if (options.commit !== undefined) context.stderr(`${endedText(result, options.commit)}\n`);
    await engine.saveStates(context.now());
    await writeStatus(open, result, context);
    const hasFailed = result.destinations.some(({ error }) => error !== null);
    if (hasFailed || !result.outcomes.every((outcome) => hasEnded(outcome, result))) done(EXIT.failed);
  } finally {
    await open.close();
  }
}

/** Whether what is held is held by pull requests; their no has ended then. */
async function resumeProposed(engine: Engine, held: readonly DsoOutcome[]): Promise<boolean> {
  const reasons = held.map(({ verdict }) => ('reason' in verdict ? verdict.reason : ''));
  const labelled = held.find((_one, index) => reasons[index] === 'HoldLabel');
  if (labelled && 'message' in labelled.verdict) throw mustAct('HoldLabel', labelled.verdict.message);
  const closed = held.filter((_one, index) => reasons[index] === 'PullRequestClosed');
  if (closed.length > 0) await engine.resumeProposed(closed.flatMap(({ placed }) => placed ?? []));
  return closed.length > 0;
}

/** The outcome of a name that is held. @throws ProductError also where nobody knows whether it is */
function find({ outcomes, destinations, proposals }: TickResult, name: string, options: ResumeOptions): DsoOutcome {
  const key = keyOf(name, options);
  const outcome = outcomes.find((one) => one.key === key);
  const known = outcomes.map((one) => one.key).join(', ') || 'none';
  if (!outcome) throw mustAct('NotFound', `there is no DistributedScaledObject ${key}; found: ${known}`);
  if (outcome.verdict.kind === 'held') return outcome;
  for (const { error } of [...destinations, ...proposals]) if (error) throw error;
  throw mustAct('NotHeld', `${key} is not held: there is nothing to resume`);
}

/** Whether a hold is over now: what says so is at home. */
function hasEnded(outcome: DsoOutcome, result: TickResult): boolean {
  const { verdict } = outcome;
  if (verdict.kind === 'same') return true;
  const isSaid = verdict.kind === 'change' || (verdict.kind === 'wait' && verdict.reason === 'Resumed');
  return isSaid && isLandedAtHome(outcome, result);
}

/** Reasons of holds that no commit has begun. */
const OF_PULL_REQUESTS = new Set(['PullRequestClosed', 'HoldLabel']);

/** Nobody knows which commit it was: it may be the one that is meant. */
function isUnnamed({ verdict }: DsoOutcome): boolean {
  return verdict.kind === 'held' && verdict.commit === null && !OF_PULL_REQUESTS.has(verdict.reason);
}

function unnamedText(keys: readonly string[]): string {
  return `of ${keys.length} that are held the commit is not known, they stay held: ${keys.join(', ')}; resume them one by one`;
}

function endedText(result: TickResult, commit: string): string {
  const ended = result.outcomes.filter((outcome) => hasEnded(outcome, result)).length;
  const held = result.outcomes.length - ended;
  return `${counted(ended, 'hold')} of commit ${commit} ended${held > 0 ? `, ${held} did not` : ''}`;
}

const EXAMPLES = `
Examples:
  dso-gitops resume shop/web             go on from what a person committed for shop/web
  dso-gitops resume --commit 2323a81ae6  all that were set back by this commit
`;
