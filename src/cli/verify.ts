import type { Command } from 'commander';
import { loadTemplates } from '../config/load-templates.ts';
import { type Verification, verify } from '../history/verify.ts';
import { recomputeWith } from '../reconcile/recompute.ts';
import { connectToGit } from './connect.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { formatOf, requireConfiguration, withConfiguration, withOutput } from './options.ts';
import { renderData } from './print-report.ts';
import { shownText } from './shown-text.ts';
import { renderTable } from './table.ts';

interface VerifyOptions {
  readonly config: string;
  readonly output: string;
}

/** `verify`: computes every decision of the past again and checks that each follows the one before. */
export function addVerify(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('verify')
    .description('compute every decision of the past again, and name what does not follow')
    .addHelpText('after', '\nExamples:\n  dso-gitops verify\n  dso-gitops verify -o json > verification.json\n')
    .action(async (options: VerifyOptions) => {
      const path = await requireConfiguration(options.config, context);
      const { configuration, engine } = await connectToGit(path, context);
      const places = await Promise.all(
        configuration.destinations.map(async ({ id, root }) => ({ root, revisions: await engine.revisions(id) })),
      );
      const { workloads } = configuration;
      const all = verify(places, recomputeWith({ templates: await loadTemplates(), workloads }));
      const format = formatOf(options.output);
      context.stdout(format === 'json' || format === 'yaml' ? renderData(all, format) : render(all, context));
      if (all.findings.length > 0) done(EXIT.failed);
    });
  withOutput(withConfiguration(command));
}

function render({ findings, recomputed, notRecomputed, reverts, resumed }: Verification, { columns }: Context): string {
  const rows = findings.map((one) => [one.reason, one.commit.slice(0, 10), one.author, `${one.path}: ${one.message}`]);
  const table = rows.length > 0 ? `${renderTable([['finding', 'commit', 'by', ''], ...rows], columns)}\n\n` : '';
  const put = reverts
    .map(({ commit, author, path }) => shownText(`${commit.slice(0, 10)} by ${author} put ${path} back\n`))
    .join('');
  const taken = resumed
    .map(({ commit, author, path }) =>
      shownText(`${commit.slice(0, 10)} by ${author} changed ${path}, and it was resumed from there\n`),
    )
    .join('');
  const count = `${recomputed} decisions computed again, ${notRecomputed} of other rules not, ${findings.length} findings\n`;
  return `${table}${put}${taken}${count}without signatures this proves that the records agree, not who wrote them\n`;
}
