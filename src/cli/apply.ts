import type { Command } from 'commander';
import { isFailed, reportOf } from '../reconcile/report.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { colorOf, formatOf, parseAdoption, parseApproval, withHubOptions, withMetrics, withOutput } from './options.ts';
import { renderReport } from './print-report.ts';
import { endApply, type PrintedOptions, tickOnce } from './tick-once.ts';
import { wiringNotes } from './wiring.ts';

/** `apply`: commits what is due, once. */
export function addApply(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('apply')
    .description('commit what is due, once')
    .argument('[dso]', '<namespace>/<name> of one DistributedScaledObject')
    .option('--approve <namespace/name>', 'let the change of one through that a rule holds or lets wait', parseApproval)
    .option('--adopt <namespace/name=total>', 'total that runs now, for a workload seen first', parseAdoption)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, options: PrintedOptions) => {
      const ticked = await tickOnce('apply', name, options, options.output !== 'table', context);
      const { result } = ticked;
      const color = colorOf(context, process.stdout.isTTY);
      const format = formatOf(options.output);
      context.stdout(renderReport(reportOf(result), { format, color, columns: context.columns, isDiffed: false }));
      if (format === 'table') context.stdout(wiringNotes(result));
      await endApply(ticked, context);
      if (isFailed(result)) done(EXIT.failed);
    });
  withOutput(withMetrics(withHubOptions(command)));
}

const EXAMPLES = `
Examples:
  dso-gitops apply                             commit everything that is due
  dso-gitops apply shop/web                    only one DistributedScaledObject
  dso-gitops apply --approve shop/web          let through what a rule of the delivery holds
  dso-gitops apply --adopt shop/web=12         take over a workload that runs 12 replicas now
  dso-gitops apply --set-metric shop/load:requests=900   a reading that comes from elsewhere
  */5 * * * *  dso-gitops apply -c /etc/dso-gitops.yaml   every five minutes from cron
`;
