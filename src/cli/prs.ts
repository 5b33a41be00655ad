import type { Command } from 'commander';
import type { ListedPull } from '../reconcile/proposals.ts';
import { connectToGit } from './connect.ts';
import type { Context, ExitCode } from './context.ts';
import { formatOf, requireConfiguration, withConfiguration, withOutput } from './options.ts';
import { renderData } from './print-report.ts';
import { renderMarkdownTable, renderTable } from './table.ts';

interface PrsOptions {
  readonly config: string;
  readonly output: string;
  readonly all?: boolean;
}

const HEAD = ['number', 'state', 'group', 'title', 'url'];

/** `prs`: the pull requests of this installation. */
export function addPrs(program: Command, context: Context, _done: (code: ExitCode) => void): void {
  const command = program
    .command('prs')
    .description('list the pull requests of this installation')
    .option('--all', 'those too that were merged or closed in the last 90 days')
    .addHelpText('after', EXAMPLES)
    .action(async (options: PrsOptions) => {
      const { engine } = await connectToGit(await requireConfiguration(options.config, context), context);
      const all = await engine.pullRequests(context.now());
      const shown = all.filter(({ pull }) => options.all || pull.state === 'open');
      context.stdout(render(shown, options, context));
    });
  withOutput(withConfiguration(command));
}

function render(pulls: readonly ListedPull[], { output }: PrsOptions, { columns }: Context): string {
  const format = formatOf(output);
  const data = pulls.map(({ repository, group, pull }) => {
    const { number, state, title, url, head, base, labels, isAutoMergeArmed, createdAt, updatedAt } = pull;
    const times = { createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() };
    return { repository, group, number, state, title, url, head, base, labels, isAutoMergeArmed, ...times };
  });
  if (format === 'json' || format === 'yaml') return renderData(data, format);
  if (pulls.length === 0) return 'no pull request is open; --all shows those that have ended\n';
  const rows = pulls.map(({ group, pull }) => {
    return [`#${pull.number}`, pull.state, group, pull.title, pull.url];
  });
  return format === 'markdown' ? renderMarkdownTable([HEAD, ...rows]) : `${renderTable([HEAD, ...rows], columns)}\n`;
}

const EXAMPLES = `
Examples:
  dso-gitops prs                 those that are open
  dso-gitops prs --all -o json   all that are known, for a tool
`;
