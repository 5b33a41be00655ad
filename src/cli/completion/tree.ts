import type { Command } from 'commander';

/** What may follow an option: one of a few words, a file, or a text that cannot be guessed; null: nothing. */
export type Value =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'file' | 'text' }
  | null;

/** An option as a shell sees it. */
export interface OptionNode {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value: Value;
  readonly isRepeatable: boolean;
}

/** A command as a shell sees it. */
export interface CommandNode {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionNode[];
  /** What its arguments may be, as far as that is known. */
  readonly choices: readonly string[];
  readonly commands: readonly CommandNode[];
}

/** The visible part of a tree of commands. */
export function treeOf(command: Command): CommandNode {
  const help = command.createHelp();
  const options = help
    .visibleOptions(command)
    .map(({ short, long, description, required, optional, argChoices, flags, parseArg }) => ({
      flags: [short, long].filter((flag) => flag !== undefined),
      description,
      value: required || optional ? kindOfValue(flags, argChoices) : null,
      isRepeatable: parseArg !== undefined && argChoices === undefined,
    }));
  return {
    name: command.name(),
    description: command.description(),
    options,
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    commands: help.visibleCommands(command).map((child) => treeOf(child)),
  };
}

function kindOfValue(flags: string, choices: readonly string[] | undefined): Value {
  if (choices) return { kind: 'choices', choices };
  return { kind: /[<[](file|path|directory)[>\]]/.test(flags) ? 'file' : 'text' };
}
