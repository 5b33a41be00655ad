import type { Command } from 'commander';
import { describeFailure, runLoop } from '../reconcile/loop.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import { watchFiles } from '../sources/watch-files.ts';
import { connect } from './connect.ts';
import type { Context, ExitCode } from './context.ts';
import { requireConfiguration } from './options.ts';
import { becauseOf, type DsoReport, reportOf } from './report.ts';

/** How long a push that is under way may take after the signal to end. */
const GRACE_MS = 4000;

/** `run`: stays, watches the files and commits what changes. */
export function addRun(program: Command, context: Context, _done: (code: ExitCode) => void): void {
  program
    .command('run')
    .description('stay, watch the hub and commit what changes; ends cleanly on SIGTERM')
    .option('-c, --config <file>', 'configuration file', 'dso-gitops.yaml')
    .addHelpText('after', '\nExamples:\n  dso-gitops run\n  dso-gitops run -c /etc/dso-gitops/dso-gitops.yaml\n')
    .action(async (options: { readonly config: string }) => {
      const hard = new AbortController();
      context.signal.addEventListener('abort', () => setTimeout(() => hard.abort(), GRACE_MS).unref(), { once: true });
      const path = await requireConfiguration(options.config, context);
      const { configuration, engine } = await connect(path, { ...context, signal: hard.signal });
      const lines = new TransitionLines();
      const write = (line: string): void => context.stdout(`${new Date(context.now()).toISOString()} ${line}\n`);
      write(`watching ${configuration.files.join(', ')}`);
      await runLoop({
        engine,
        watch: (changed) => watchFiles(configuration.files, configuration.base, changed),
        now: context.now,
        onTick: (result) => {
          for (const line of lines.of(result)) write(line);
        },
        onError: (error) => {
          for (const line of lines.ofFailure(describeFailure(error))) write(line);
        },
        stop: context.signal,
        abort: hard.signal,
      });
      write('ended');
    });
}

/** Lines for what is new since the tick before: the same thing is said once. */
class TransitionLines {
  #said = new Map<string, string>();
  #failure = '';

  of(result: TickResult): readonly string[] {
    const report = reportOf(result);
    const said = new Map<string, string>();
    const lines: string[] = [];
    const say = (about: string, line: string): void => {
      said.set(about, line);
      if (this.#said.get(about) !== line) lines.push(line);
    };
    for (const destination of report.destinations) {
      if (destination.commit) lines.push(`commit ${destination.commit} ${destination.message?.split('\n')[0] ?? ''}`);
      if (destination.error)
        say(`to ${destination.name}`, `${destination.name} ${destination.error.reason}: ${destination.error.message}`);
    }
    for (const dso of report.dsos) for (const [index, line] of linesOf(dso).entries()) say(`${dso.key} ${index}`, line);
    for (const problem of report.problems) say(problem, problem);
    this.#said = said;
    this.#failure = '';
    return lines;
  }

  ofFailure(message: string): readonly string[] {
    if (message === this.#failure) return [];
    this.#failure = message;
    return [`failed, nothing is changed: ${message}`];
  }
}

function linesOf(dso: DsoReport): readonly string[] {
  const lines: string[] = [];
  if (dso.total.decided !== null && dso.verdict !== 'wait')
    lines.push(`${dso.key} total ${dso.total.decided}: ${becauseOf(dso)}`);
  if (dso.reason !== '') lines.push(`${dso.key} ${dso.reason}: ${dso.message}`);
  return [...lines, ...dso.readings.flatMap(({ problem }) => problem ?? []), ...dso.problems];
}
