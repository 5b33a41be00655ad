import type { CommandNode, OptionNode } from './tree.ts';

/** A completion script for fish. */
export function fishCompletion(program: CommandNode): string {
  const start = `complete -c ${program.name}`;
  const lines = [`# ${program.name} completion fish | source`, `${start} -f`];
  for (const option of program.options) lines.push(`${start} -n __fish_use_subcommand ${optionSpec(option)}`);
  for (const { name, description, choices, options } of program.commands) {
    lines.push(`${start} -n __fish_use_subcommand -a ${name} -d ${quote(description)}`);
    const here = `${start} -n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
    if (choices.length > 0) lines.push(`${here} -a ${quote(choices.join(' '))}`);
    for (const option of options) lines.push(`${here} ${optionSpec(option)}`);
  }
  return `${lines.join('\n')}\n`;
}

function optionSpec({ flags, description, value }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...names, ...valueSpec(value), `-d ${quote(description)}`].join(' ');
}

function valueSpec(value: OptionNode['value']): readonly string[] {
  if (value === null) return [];
  if (value.kind === 'choices') return ['-x', `-a ${quote(value.choices.join(' '))}`];
  return value.kind === 'file' ? ['-r', '-F'] : ['-x'];
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
