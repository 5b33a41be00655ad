import type { Command } from 'commander';
import type { ProductError } from '../errors.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import { isFailed, reportOf } from '../reconcile/report.ts';
import { StatusWriter } from '../status/status-writer.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import type { OpenHub } from './open-hub.ts';
import { colorOf, formatOf, parseAdoption, withHubOptions, withOutput } from './options.ts';
import { renderReport } from './print-report.ts';
import { type TickOnceOptions, tickOnce } from './tick-once.ts';
import { wiringNotes } from './wiring.ts';

/** `apply`: commits what is due, once. */
export function addApply(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('apply')
    .description('commit what is due, once')
    .argument('[dso]', '<namespace>/<name> of one DistributedScaledObject')
    .option('--adopt <namespace/name=total>', 'total that runs now, for a workload seen first', parseAdoption)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, options: TickOnceOptions) => {
      const { engine, open, result } = await tickOnce('apply', name, options, context);
      const color = colorOf(context, process.stdout.isTTY);
      const format = formatOf(options.output);
      context.stdout(renderReport(reportOf(result), { format, color, columns: context.columns, isDiffed: false }));
      if (format === 'table') context.stdout(wiringNotes(result));
      // Last, so that a host that refuses it does not hide what was decided.
      await engine.saveStates(context.now());
      await writeStatus(open, result, context);
      if (isFailed(result)) done(EXIT.failed);
    });
  withOutput(withHubOptions(command));
}

/** In a hub cluster the outcome, and what must be remembered, is in the status. @throws the first refusal */
async function writeStatus({ statusApi }: OpenHub, result: TickResult, { now }: Context): Promise<void> {
  if (!statusApi) return;
  const errors: ProductError[] = [];
  const writer = new StatusWriter({ api: statusApi, now, onError: (_key, error) => errors.push(error) });
  writer.offer(result);
  await writer.flush();
  if (errors[0]) throw errors[0];
}

const EXAMPLES = `
Examples:
  dso-gitops apply                             commit everything that is due
  dso-gitops apply shop/web                    only one DistributedScaledObject
  dso-gitops apply --adopt shop/web=12         take over a workload that runs 12 replicas now
  */5 * * * *  dso-gitops apply -c /etc/dso-gitops.yaml   every five minutes from cron
`;
