import type { Command } from 'commander';
import { isFailed, reportOf } from '../reconcile/report.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { colorOf, formatOf, parseAdoption, withHubOptions, withMetrics, withOutput } from './options.ts';
import { renderReport } from './print-report.ts';
import { type PrintedOptions, tickOnce } from './tick-once.ts';

interface PlanOptions extends PrintedOptions {
  readonly detailedExitcode?: boolean;
}

/** `plan`: what would change and why; writes nothing. */
export function addPlan(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('plan')
    .description('show what would change and why; writes nothing')
    .argument('[dso]', '<namespace>/<name> of one DistributedScaledObject')
    .option('--detailed-exitcode', 'exit with 2 when there are changes')
    .option('--adopt <namespace/name=total>', 'total that runs now, for a workload seen first', parseAdoption)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, options: PlanOptions) => {
      const { result } = await tickOnce('plan', name, options, true, context);
      const report = reportOf(result);
      const color = colorOf(context, process.stdout.isTTY);
      context.stdout(
        renderReport(report, { format: formatOf(options.output), color, columns: context.columns, isDiffed: true }),
      );
      const hasChanges = report.destinations.some(({ files }) => files.length > 0);
      if (isFailed(result)) done(EXIT.failed);
      else if (hasChanges && options.detailedExitcode) done(EXIT.changes);
    });
  withOutput(withMetrics(withHubOptions(command)));
}

const EXAMPLES = `
Examples:
  dso-gitops plan                              what would change, for everything
  dso-gitops plan shop/web                     for one DistributedScaledObject
  dso-gitops plan -o markdown                  for a comment or a job summary
  dso-gitops plan --detailed-exitcode          exit code 2 when there are changes
  dso-gitops plan --adopt shop/web=12          as if 12 replicas run now
  dso-gitops plan --set-metric shop/load:requests=900   as if the metric had this value
`;
