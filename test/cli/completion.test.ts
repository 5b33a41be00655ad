import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli } from './run-cli.ts';

async function script(shell: string): Promise<string> {
  const { code, stdout } = await runCli(['completion', shell], { directory: '/' });
  expect(code).toBe(0);
  return stdout;
}

/** What bash offers after these words; the last one is being typed. */
async function complete(words: readonly string[], directory = '/'): Promise<readonly string[]> {
  const program = `${await script('bash')}
complete -p dso-gitops >/dev/null || exit 1
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_dso_gitops
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const options = { cwd: directory, encoding: 'utf8' } as const;
  const offered = execFileSync('bash', ['--norc', '-c', program, 'bash', 'dso-gitops', ...words], options);
  return offered.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  test('bash offers commands', async () => {
    expect(await complete(['s'])).toEqual(expect.arrayContaining(['split', 'simulate']));
    expect(await complete([''])).toEqual(expect.arrayContaining(['plan', 'apply', 'completion', '--version']));
  });

  test('bash offers the options of the command', async () => {
    const offered = await complete(['split', '--']);
    expect(offered).toEqual(expect.arrayContaining(['--total', '--member', '--key', '--output']));
    expect(offered).not.toContain('--series');
  });

  test('bash offers the choices of an option and of an argument', async () => {
    expect(await complete(['simulate', '-o', ''])).toEqual(['table', 'json', 'csv']);
    expect(await complete(['plan', '--output', 'j'])).toEqual(['json']);
    expect(await complete(['plan', '--output', '=', 'y'])).toEqual(['yaml']);
    expect(await complete(['completion', 'b'])).toEqual(['bash']);
  });

  test('bash offers files where a file is expected, and nothing where it cannot know', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'completion-'));
    await writeFile(join(directory, 'my load.csv'), '');
    expect(await complete(['simulate', '--series', 'my'], directory)).toEqual(['my load.csv']);
    expect(await complete(['split', '--total', ''], directory)).toEqual([]);
  });

  test('zsh and fish know every command, option and choice', async () => {
    const zsh = await script('zsh');
    expect(zsh).toContain('simulate) _arguments');
    expect(zsh).toContain('{-o,--output}');
    expect(zsh).toContain(':value:(table json csv)');
    const fish = await script('fish');
    expect(fish).toContain(
      "complete -c dso-gitops -n '__fish_seen_subcommand_from simulate' -s o -l output -x -a 'table json csv'",
    );
  });

  test('another shell is refused with the ones that are known', async () => {
    const { code, stderr } = await runCli(['completion', 'tcsh'], { directory: '/' });
    expect(code).toBe(1);
    expect(stderr).toContain('bash, zsh, fish');
  });
});
