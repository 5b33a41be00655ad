import type { Command } from 'commander';
import { mustAct } from '../errors.ts';
import type { Released } from '../reconcile/release.ts';
import { destinationReport } from '../reconcile/report.ts';
import { connect } from './connect.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { colorOf, formatOf, keyOf, requireConfiguration, withHubOptions, withOutput } from './options.ts';
import { type PrintOptions, renderData, renderDestination } from './print-report.ts';
import { renderTable } from './table.ts';
import { type WordOptions, withWord, wordOf } from './word.ts';

interface ReleaseOptions extends WordOptions {
  readonly output: string;
  readonly yes?: boolean;
  readonly deleteFiles?: boolean;
}

/** `release`: gives the members of a DSO back; without `--yes` only says what that means. */
export function addRelease(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('release')
    .description('stop scaling a workload: say what each count becomes, and with --yes write overlays without a count')
    .argument('<dso>', '<namespace>/<name>, which need not exist any more')
    .option('--yes', 'do it')
    .option('--delete-files', 'remove the overlays; whatever refers to one of them must not do so any more')
    .addHelpText('after', EXAMPLES)
    .action(async (given: string, options: ReleaseOptions) => {
      const path = await requireConfiguration(options.config, context);
      const { engine, open } = await connect(path, options, true, context);
      try {
        const [namespace = '', name = '', more] = keyOf(given, options).split('/');
        if (name === '' || more !== undefined)
          throw mustAct('InputInvalid', `expected <namespace>/<name>; found ${given}`);
        const mode = options.yes ? 'apply' : 'plan';
        const word = wordOf(options, context);
        const isDeleted = options.deleteFiles === true;
        const { signal } = context;
        const released = await engine.release({ namespace, name, word, isDeleted, mode, now: context.now() }, signal);
        context.stdout(render(released, options, context));
        if (released.destinations.some(({ error }) => error !== null)) done(EXIT.failed);
      } finally {
        await open.close();
      }
    });
  withOutput(withHubOptions(withWord(command)));
}

function render(released: Released, options: ReleaseOptions, context: Context): string {
  const format = formatOf(options.output);
  const destinations = released.destinations.map(destinationReport);
  if (format === 'json' || format === 'yaml') return renderData({ members: released.members, destinations }, format);
  const { columns } = context;
  const print: PrintOptions = { format, color: colorOf(context, process.stdout.isTTY), columns, isDiffed: false };
  const rows = released.members.map(({ name, count, workload }) => [
    name,
    workload,
    String(count ?? '-'),
    becomes(count),
  ]);
  const head = ['member', 'workload', 'now', 'becomes'];
  const parts = [renderTable([head, ...rows], columns)];
  if (released.members.some(({ count }) => count !== null)) parts.push(ADVICE);
  parts.push(...destinations.map((destination) => renderDestination(destination, print)));
  if (!options.yes) parts.push('nothing was written; --yes does it');
  return `${parts.join('\n\n')}\n`;
}

/** What a build without our patch gives is not known here. */
function becomes(count: number | null): string {
  return count === null ? 'as it is' : '1, or what its base says';
}

const ADVICE =
  'A missing count means 1 to Kubernetes: put <now> where each member has its own number first, as docs/uninstall.md says, and let it sync.';

const EXAMPLES = `
Examples:
  dso-gitops release shop/web                                     what every count becomes
  dso-gitops release shop/web --yes --reason 'moves to one cluster'
  dso-gitops release shop/web --yes --delete-files                nothing refers to the overlays any more
`;
