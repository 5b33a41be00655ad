import type { Command } from 'commander';
import type { Revision } from '../history/decision-history.ts';
import { type Verification, verify } from '../history/verify.ts';
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
      // Each place by itself: the same record stands in every destination of a DSO.
      const verifications = await Promise.all(
        configuration.destinations.map(async ({ id, root }) => {
          const all = (await engine.revisions(id)).filter(({ path }) => !path.startsWith(`${root}/holds/`));
          const isRecord = ({ path }: Revision): boolean => path.startsWith(`${root}/decisions/`);
          return verify(
            all.filter(isRecord),
            all.filter((one) => !isRecord(one)),
          );
        }),
      );
      const all = merge(verifications);
      const format = formatOf(options.output);
      context.stdout(format === 'json' || format === 'yaml' ? renderData(all, format) : render(all, context));
      if (all.findings.length > 0) done(EXIT.failed);
    });
  withOutput(withConfiguration(command));
}

function merge(verifications: readonly Verification[]): Verification {
  return {
    findings: verifications.flatMap(({ findings }) => findings),
    recomputed: verifications.reduce((sum, { recomputed }) => sum + recomputed, 0),
    notRecomputed: verifications.reduce((sum, { notRecomputed }) => sum + notRecomputed, 0),
    reverts: verifications.flatMap(({ reverts }) => reverts),
  };
}

function render({ findings, recomputed, notRecomputed, reverts }: Verification, { columns }: Context): string {
  const rows = findings.map((one) => [one.reason, one.commit.slice(0, 10), one.author, `${one.path}: ${one.message}`]);
  const table = rows.length > 0 ? `${renderTable([['finding', 'commit', 'by', ''], ...rows], columns)}\n\n` : '';
  const put = reverts
    .map(({ commit, author, path }) => shownText(`${commit.slice(0, 10)} by ${author} put ${path} back\n`))
    .join('');
  const count = `${recomputed} decisions computed again, ${notRecomputed} of other rules not, ${findings.length} findings\n`;
  return `${table}${put}${count}without signatures this proves that the records agree, not who wrote them\n`;
}
