import type { CommandNode, OptionNode } from './tree.ts';

/** A completion script for bash 3.2 and later. */
export function bashCompletion(program: CommandNode): string {
  const identifier = `_${program.name.replaceAll('-', '_')}`;
  const names = program.commands.map(({ name }) => name);
  return `# bash completion of ${program.name}
# eval "$(${program.name} completion bash)"
${identifier}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' word
  # --output=json comes as three words.
  if [[ $current == '=' ]]; then current=''
  elif [[ $previous == '=' ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${names.join('|')}) command=$word; break ;;
    esac
  done
  COMPREPLY=()
  case "$command $previous" in
${[program, ...program.commands].flatMap((node) => valueCases(node, node === program)).join('\n')}
  esac
  case $command in
    '') COMPREPLY=($(compgen -W '${words(program)}' -- "$current")) ;;
${program.commands.map((node) => `    ${node.name}) COMPREPLY=($(compgen -W '${words(node)}' -- "$current")) ;;`).join('\n')}
  esac
}
complete -F ${identifier} ${program.name}
`;
}

function valueCases(node: CommandNode, isProgram: boolean): readonly string[] {
  const command = isProgram ? '' : node.name;
  return node.options.flatMap((option) => {
    if (option.value === null) return [];
    return [`    ${option.flags.map((flag) => `'${command} ${flag}'`).join('|')}) ${valueAction(option)}; return ;;`];
  });
}

function valueAction({ value }: OptionNode): string {
  if (value?.kind === 'choices') return `COMPREPLY=($(compgen -W '${value.choices.join(' ')}' -- "$current"))`;
  if (value?.kind === 'file')
    return `local IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current"))`;
  return ':';
}

function words({ commands, choices, options }: CommandNode): string {
  return [...commands.map(({ name }) => name), ...choices, ...options.flatMap(({ flags }) => flags)].join(' ');
}
