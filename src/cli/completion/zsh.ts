import type { CommandNode, OptionNode } from './tree.ts';

/** A completion script for zsh, to be sourced or put into a directory of fpath. */
export function zshCompletion(program: CommandNode): string {
  const identifier = `_${program.name.replaceAll('-', '_')}`;
  return `#compdef ${program.name}
# source <(${program.name} completion zsh)
${identifier}() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${program.commands.map(({ name, description }) => `    ${quote(`${name}:${description}`)}`).join('\n')}
  )
  _arguments -C ${[...program.options.map(optionSpec), "'1:command:->command'", "'*::argument:->argument'"].join(' ')}
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${program.commands.map((node) => `        ${node.name}) ${argumentsOf(node)} ;;`).join('\n')}
      esac ;;
  esac
}
if [[ $funcstack[1] == ${identifier} ]]; then ${identifier} "$@"; else compdef ${identifier} ${program.name}; fi
`;
}

function argumentsOf({ options, choices }: CommandNode): string {
  const rest = choices.length > 0 ? `'*:argument:(${choices.join(' ')})'` : "'*: :'";
  return `_arguments ${[...options.map(optionSpec), rest].join(' ')}`;
}

function optionSpec({ flags, description, value, isRepeatable }: OptionNode): string {
  const others = isRepeatable ? "'*'" : `'(${flags.join(' ')})'`;
  const spelled = flags.length > 1 ? `{${flags.join(',')}}` : (flags[0] ?? '');
  const explained = description.replaceAll(/[[\]:\\]/g, '\\$&');
  return `${others}${spelled}${quote(`[${explained}]${valueSpec(value)}`)}`;
}

function valueSpec(value: OptionNode['value']): string {
  if (value === null) return '';
  if (value.kind === 'choices') return `:value:(${value.choices.join(' ')})`;
  return value.kind === 'file' ? ':file:_files' : ':value: ';
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
