import { Command, CommanderError } from 'commander';
import { messageOf, ProductError } from '../errors.ts';
import { addApply } from './apply.ts';
import { addCompletion } from './completion.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { addCrd } from './crd.ts';
import { addExplain } from './explain.ts';
import { addHistory } from './history.ts';
import { addHold } from './hold.ts';
import { addInstall } from './install.ts';
import { addPlan } from './plan.ts';
import { addPrs } from './prs.ts';
import { addQuickstart } from './quickstart.ts';
import { addRelease } from './release.ts';
import { addResume } from './resume.ts';
import { addRun } from './run.ts';
import { addSchema } from './schema.ts';
import { addSimulate } from './simulate.ts';
import { addSplit } from './split.ts';
import { addStatus } from './status.ts';
import { addVerify } from './verify.ts';
import { readVersion } from './version.ts';

/** Adds one command; `done` receives its exit code. */
export type AddCommand = (program: Command, context: Context, done: (code: ExitCode) => void) => void;

const COMMANDS: readonly AddCommand[] = [
  addQuickstart,
  addPlan,
  addApply,
  addRun,
  addStatus,
  addHold,
  addResume,
  addRelease,
  addExplain,
  addPrs,
  addHistory,
  addVerify,
  addSplit,
  addSimulate,
  addInstall,
  addCrd,
  addSchema,
  addCompletion,
];

/** Runs the command line and gives its exit code. Never ends the process. */
export async function runProgram(args: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine;
  const program = await makeProgram(context, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.failed;
    const reason = error instanceof ProductError ? ` ${error.reason}` : '';
    context.stderr(`error${reason}: ${messageOf(error)}\n`);
    return EXIT.failed;
  }
}

/** The tree of commands; completion and documentation are made from it. */
export async function makeProgram(context: Context, done: (code: ExitCode) => void): Promise<Command> {
  const program = new Command('dso-gitops')
    .description('Scale one workload across many Kubernetes clusters by writing Git.')
    .version(await readVersion(), '--version')
    .showHelpAfterError('(run with --help for examples)')
    .configureOutput({ writeOut: context.stdout, writeErr: context.stderr })
    .exitOverride();
  for (const add of COMMANDS) add(program, context, done);
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeOut: context.stdout, writeErr: context.stderr });
  return program;
}
