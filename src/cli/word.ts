import { hostname, userInfo } from 'node:os';
import type { Command } from 'commander';
import type { PersonsWord } from '../reconcile/decision.ts';
import type { Context } from './context.ts';
import type { HubOptions } from './options.ts';

/** Options of a command by which a person says something about a hold. */
export interface WordOptions extends HubOptions {
  readonly reason?: string;
}

/** Adds `--reason`. */
export function withWord(command: Command): Command {
  return command.option('--reason <text>', 'why, for those who read it later');
}

/** Who says it, and why: GIT_AUTHOR_NAME, else the user of this machine. */
export function wordOf({ reason = 'no reason was given' }: WordOptions, { environment }: Context): PersonsWord {
  return { by: environment['GIT_AUTHOR_NAME'] || `${userInfo().username} on ${hostname()}`, reason };
}
