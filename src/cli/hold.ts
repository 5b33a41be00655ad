import type { Command } from 'commander';
import { mustAct } from '../errors.ts';
import { isLandedAtHome, type TickResult } from '../reconcile/outcome.ts';
import { reportOf } from '../reconcile/report.ts';
import { connect } from './connect.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { colorOf, formatOf, keyOf, requireConfiguration, selectionOf, withHubOptions, withOutput } from './options.ts';
import { renderReport } from './print-report.ts';
import { type WordOptions, withWord, wordOf } from './word.ts';
import { writeStatus } from './write-status.ts';

const UNDELIVERED = 'what says so could not be delivered';

interface HoldOptions extends WordOptions {
  readonly output: string;
}

/** `hold`: a person's no, in Git: nothing is written for the DSO until it is resumed. */
export function addHold(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('hold')
    .description('write nothing for a DistributedScaledObject until it is resumed; said by a commit')
    .argument('<dso>', '<namespace>/<name>')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: HoldOptions) => {
      const path = await requireConfiguration(options.config, context);
      const { engine, open } = await connect(path, options, true, context);
      try {
        const only = selectionOf(options, name);
        const key = keyOf(name, options);
        const hold = new Map([[key, wordOf(options, context)]]);
        const tick = { now: context.now(), only, signal: context.signal };
        // A word without a reason does not replace one that is there.
        const before = options.reason === undefined ? await engine.tick({ ...tick, mode: 'plan' }) : null;
        const isHeld = before?.outcomes.some(({ verdict }) => verdict.kind === 'held' && verdict.reason === 'Held');
        const result = before && isHeld ? before : await engine.tick({ ...tick, mode: 'apply', hold });
        const known = result.dsos.map((dso) => dso.key).join(', ') || 'none';
        if (result.outcomes.length === 0)
          throw mustAct('NotFound', `there is no DistributedScaledObject ${key}; found: ${known}`);
        const color = colorOf(context, process.stdout.isTTY);
        const format = formatOf(options.output);
        const why = isHeld ? null : whyNotHeld(result);
        if (why !== null) context.stderr(`${key} is not held: ${why}\n`);
        // That it is held is only what was to be.
        const told = why === UNDELIVERED ? { ...result, outcomes: [] } : result;
        context.stdout(renderReport(reportOf(told), { format, color, columns: context.columns, isDiffed: false }));
        await engine.saveStates(context.now());
        await writeStatus(open, result, context);
        if (why !== null) done(EXIT.failed);
      } finally {
        await open.close();
      }
    });
  withOutput(withHubOptions(withWord(command)));
}

/** null: it is, also where another destination could not be reached: what says so is at home. */
function whyNotHeld(result: TickResult): string | null {
  const [outcome] = result.outcomes;
  if (outcome?.verdict.kind === 'held') {
    return isLandedAtHome(outcome, result) ? null : UNDELIVERED;
  }
  const reason = outcome && 'reason' in outcome.verdict ? `${outcome.verdict.reason}, see below` : 'see below';
  return `${reason}; nothing is written for it as long as that is so, and what is written after that would not be held`;
}

const EXAMPLES = `
Examples:
  dso-gitops hold shop/web --reason 'migration until Friday'
  dso-gitops resume shop/web --reason 'migration is done'
`;
