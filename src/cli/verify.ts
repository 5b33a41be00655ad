import { type Command, InvalidArgumentError } from 'commander';
import type { Verification } from '../history/verify.ts';
import { counted } from '../manifests/counted.ts';
import { isCommitId } from './commit-id.ts';
import { connectToGit } from './connect.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { formatOf, requireConfiguration, withConfiguration, withOutput } from './options.ts';
import { renderData } from './print-report.ts';
import { sayLeftOut } from './read-each.ts';
import { shownText } from './shown-text.ts';
import { renderTable } from './table.ts';
import { verifyAll } from './verify-all.ts';

interface VerifyOptions {
  readonly config: string;
  readonly output: string;
  readonly since: readonly string[];
}

/** `verify`: makes every decision of the past again and checks that each follows the one before. */
export function addVerify(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('verify')
    .description('make every decision of the past again, and name what does not follow')
    .option(
      '--since <commit>',
      'count only findings after the commit with this id, at least 7 characters of it; once for each repository',
      parseCommit,
      [],
    )
    .addHelpText('after', EXAMPLES)
    .action(async (options: VerifyOptions) => {
      const path = await requireConfiguration(options.config, context);
      const connected = await connectToGit(path, context);
      const all = await verifyAll(connected, options.since);
      sayLeftOut(all.leftOut, context, done);
      const format = formatOf(options.output);
      context.stdout(
        format === 'json' || format === 'yaml'
          ? renderData(all, format)
          : render(all, connected.configuration.destinations.length > 1, context),
      );
      if (all.findings.length > 0) done(EXIT.failed);
    });
  withOutput(withConfiguration(command));
}

/** @param areMany the same path can be in several repositories */
function render(verification: Verification, areMany: boolean, { columns }: Context): string {
  const { findings, accepted, recomputed, notRecomputed, reverts, removed, resumed } = verification;
  type Told = Pick<Verification['findings'][number], 'commit' | 'author' | 'path' | 'repository'>;
  const at = ({ path, repository }: Told): string => (areMany ? `${path} in ${repository}` : path);
  const who = ({ commit, author }: Told): string => `${commit.slice(0, 10)} by ${author}`;
  const rows = findings.map((one) => [one.reason, one.commit.slice(0, 10), one.author, `${at(one)}: ${one.message}`]);
  const table = rows.length > 0 ? `${renderTable([['finding', 'commit', 'by', ''], ...rows], columns)}\n\n` : '';
  const put = reverts.map((one) => `${who(one)} put ${at(one)} back\n`);
  const gone = removed.map((one) => `${who(one)} removed ${at(one)} and all that it had set\n`);
  const taken = resumed.map((one) => `${who(one)} changed ${at(one)}, and it was resumed from there\n`);
  const before = accepted > 0 ? `, ${accepted} until --since accepted` : '';
  const none = recomputed + notRecomputed === 0 ? NOTHING : '';
  const count = `${none}${counted(recomputed, 'decision')} computed again, ${notRecomputed} of other rules not, ${counted(findings.length, 'finding')}${before}\n`;
  return `${table}${[...put, ...gone, ...taken].map(shownText).join('')}${count}without signatures this proves that the records agree, not who wrote them\n`;
}

/** What is not there cannot be wrong, and neither can what was looked for in another place. */
const NOTHING =
  'no decision was found: look whether repository, branch and root of the destinations are those of the service\n';

/** What a name or a date stands for, others can choose afterwards. */
function parseCommit(value: string, before: readonly string[]): readonly string[] {
  const id = value.toLowerCase();
  if (isCommitId(id)) return [...before, id];
  throw new InvalidArgumentError(
    'expected the id of a commit, or 7 characters of it or more, such as 2323a81ae6; names can be moved and dates can be chosen: git rev-parse <name>, or git rev-list -1 --before=<date> <branch>, tells the id',
  );
}

const EXAMPLES = `
Examples:
  dso-gitops verify
  dso-gitops verify -o json > verification.json
  dso-gitops verify --since 2323a81ae6   what was found until then is known and accepted
`;
