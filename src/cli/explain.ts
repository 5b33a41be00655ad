import type { Command } from 'commander';
import type { DsoOutcome } from '../reconcile/outcome.ts';
import { type DsoReport, isFailed, type MemberReport, reportOf } from '../reconcile/report.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { colorOf, withHubOptions, withOutput } from './options.ts';
import { renderData } from './print-report.ts';
import { type PrintedOptions, tickOnce } from './tick-once.ts';
import { wiringOf } from './wiring.ts';

/** `explain`: step by step from the reading to each member's number, and how each member is wired. */
export function addExplain(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('explain')
    .description("explain one number: from the reading to each member's replicas, and how a member is wired")
    .argument('<dso>', '<namespace>/<name>')
    .addHelpText(
      'after',
      '\nExamples:\n  dso-gitops explain default/web\n  dso-gitops explain web -n default -o json\n',
    )
    .action(async (name: string, options: PrintedOptions) => {
      const { result } = await tickOnce('plan', name, options, false, context);
      const [outcome] = result.outcomes;
      const [report] = reportOf(result).dsos;
      if (!outcome || !report) throw new Error(`${name} was evaluated and is not in the result`);
      const wiring = outcome.placed ? wiringOf(outcome.placed) : [];
      const { output } = options;
      if (output === 'json' || output === 'yaml') context.stdout(renderData({ ...report, wiring }, output));
      else
        context.stdout(
          explanation(report, outcome, wiring, output === 'markdown', colorOf(context, process.stdout.isTTY).bold),
        );
      if (isFailed({ ...result, problems: [] })) done(EXIT.failed);
    });
  withOutput(withHubOptions(command));
}

function explanation(
  report: DsoReport,
  outcome: DsoOutcome,
  wiring: readonly { readonly text: string }[],
  isMarkdown: boolean,
  bold: (text: string) => string,
): string {
  const sections: [string, readonly string[]][] = [
    ['What was read', readingLines(report)],
    ['What that asks for', report.steps],
    ['Who gets what', splitLines(report)],
    ['What happens now', verdictLines(report, outcome)],
  ];
  let number = 0;
  const texts = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => {
      number += 1;
      return `${heading(`${number}. ${title}`, isMarkdown, bold)}\n${lines.map((line) => (isMarkdown ? `- ${line}` : `   ${line}`)).join('\n')}`;
    });
  if (wiring.length > 0) {
    const text = wiring.map((one) => one.text.trimEnd()).join('\n\n');
    texts.push(
      `${heading(`${number + 1}. How each member is wired, once`, isMarkdown, bold)}\n${isMarkdown ? `\`\`\`yaml\n${text}\n\`\`\`` : text}`,
    );
  }
  return `${heading(`${report.key} (${report.where})`, isMarkdown, bold)}\n\n${texts.join('\n\n')}\n`;
}

function heading(text: string, isMarkdown: boolean, bold: (text: string) => string): string {
  return isMarkdown ? `### ${text}\n` : bold(text);
}

function readingLines({ readings, problems }: DsoReport): readonly string[] {
  return [...readings.map(({ source, value, problem }) => problem ?? `${source} = ${value}`), ...problems];
}

function splitLines({ members, total, unplaced }: DsoReport): readonly string[] {
  if (members.every(({ decided }) => decided === null)) return [];
  const weights = members.reduce((sum, { weight }) => sum + weight, 0);
  const lines = members.map((member) => splitLine(member, total.decided ?? 0, weights));
  lines.push(
    'each replica goes to the member with the highest weight / (2 x replicas it has + 1), so that',
    'no member ever loses one while the total rises',
  );
  if (unplaced > 0) lines.push(`${unplaced} cannot be placed: every member is at its maximum`);
  return lines;
}

function splitLine({ name, weight, exact, decided, reason }: MemberReport, total: number, weights: number): string {
  const share = `weight ${weight} of ${weights} is ${(exact ?? 0).toFixed(2)} of ${total}`;
  return reason && reason !== 'weight'
    ? `${name}: ${share}; gets ${decided} (${reason})`
    : `${name}: ${share}, so ${decided}`;
}

function verdictLines(report: DsoReport, { landed, behind }: DsoOutcome): readonly string[] {
  const lines: string[] = [];
  if (landed) lines.push(`committed: total ${report.total.committed ?? '-'}, decision ${landed.seq} of ${landed.time}`);
  for (const rule of report.rules) lines.push(`delivery rule ${rule}`);
  if (report.verdict === 'change') lines.push(`the next apply commits total ${report.total.decided}`);
  else if (report.verdict === 'same' && behind.size > 0)
    lines.push(`nothing now: the repository of ${[...behind.keys()].join(', ')} does not hold these numbers yet`);
  else if (report.verdict === 'same') lines.push('nothing: the repository already holds these numbers');
  else lines.push(`${report.reason}: ${report.message}`);
  if (report.nextDeadline) lines.push(`with the same readings the next look is at ${report.nextDeadline}`);
  return lines;
}
