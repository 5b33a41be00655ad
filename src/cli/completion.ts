import { Argument, type Command } from 'commander';
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { type CommandNode, treeOf } from './completion/tree.ts';
import { zshCompletion } from './completion/zsh.ts';
import type { Context, ExitCode } from './context.ts';

type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS: Readonly<Record<Shell, (program: CommandNode) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `completion`: a static script for a shell, made from the tree of commands. */
export function addCompletion(program: Command, context: Context, _done: (code: ExitCode) => void): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action((shell: Shell) => {
      context.stdout(SCRIPTS[shell](treeOf(program)));
    });
}

const EXAMPLES = `
Examples:
  eval "$(dso-gitops completion bash)"             in ~/.bashrc
  source <(dso-gitops completion zsh)              in ~/.zshrc, after compinit
  dso-gitops completion fish | source              in ~/.config/fish/config.fish
`;
