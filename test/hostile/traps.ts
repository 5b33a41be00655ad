import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { BareRepository } from '../repository/bare-repository.ts';

/** Settings by which a configuration of Git runs a command, or takes something from elsewhere. */
const SETTINGS = [
  'core.fsmonitor',
  'core.sshCommand',
  'core.pager',
  'core.editor',
  'core.askPass',
  'core.gitProxy',
  'diff.external',
  'diff.trap.command',
  'diff.trap.textconv',
  'filter.trap.clean',
  'filter.trap.smudge',
  'filter.trap.process',
  'merge.trap.driver',
  'credential.helper',
  'gpg.program',
  'uploadpack.packObjectsHook',
  'alias.trap',
  'alias.fetch',
  'alias.ls-tree',
  'log.showSignature',
] as const;

/** Variables of the parent by which Git runs a command. */
const COMMANDS = [
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_EXTERNAL_DIFF',
  'GIT_PROXY_COMMAND',
  'GIT_ASKPASS',
  'SSH_ASKPASS',
  'GIT_EDITOR',
  'GIT_PAGER',
  'PAGER',
  'EDITOR',
  'BASH_ENV',
  'ENV',
] as const;

/** A place whose every command leaves a mark when it runs. */
export class Traps {
  readonly #directory: string;
  /** A command that leaves the mark. */
  readonly command: string;

  constructor(directory: string) {
    this.#directory = join(directory, 'traps');
    mkdirSync(join(this.#directory, 'template', 'hooks'), { recursive: true });
    mkdirSync(join(this.#directory, 'home', 'git'), { recursive: true });
    this.command = this.#script('command');
    for (const hook of ['pre-push', 'pre-commit', 'reference-transaction', 'post-checkout', 'fsmonitor-watchman'])
      this.#script(`template/hooks/${hook}`);
  }

  /** What ran, one line for each. */
  get sprung(): readonly string[] {
    const log = join(this.#directory, 'sprung');
    return existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
  }

  /** A configuration of which every setting runs the command. */
  get configuration(): string {
    const lines = SETTINGS.map((setting) => {
      const last = setting.lastIndexOf('.');
      const [section = '', ...names] = setting.slice(0, last).split('.');
      const head = names.length > 0 ? `[${section} "${names.join('.')}"]` : `[${section}]`;
      const value = setting.startsWith('alias.') ? `!${this.command}` : this.command;
      return `${head}\n\t${setting.slice(last + 1)} = "${value}"\n`;
    });
    return `${lines.join('')}[core]\n\thooksPath = "${this.#directory}/template/hooks"\n`;
  }

  /** Sets the parent's environment, also the one of this process, until the test is over. */
  armEnvironment(environment: NodeJS.ProcessEnv): void {
    const home = join(this.#directory, 'home');
    writeFileSync(join(home, 'included'), this.configuration);
    for (const file of ['.gitconfig', 'git/config'])
      writeFileSync(join(home, file), `[include]\n\tpath = ${home}/included\n`);
    writeFileSync(join(home, 'git/attributes'), '* filter=trap diff=trap merge=trap\n');
    const values: Record<string, string> = {
      HOME: home,
      XDG_CONFIG_HOME: home,
      GIT_CONFIG_GLOBAL: join(home, 'included'),
      GIT_CONFIG_SYSTEM: join(home, 'included'),
      GIT_CONFIG_PARAMETERS: `'core.fsmonitor=${this.command}' 'core.pager=${this.command}'`,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.sshCommand',
      GIT_CONFIG_VALUE_0: this.command,
      GIT_TEMPLATE_DIR: join(this.#directory, 'template'),
      GIT_EXEC_PATH: join(this.#directory, 'nowhere'),
      GIT_DIR: join(this.#directory, 'nowhere'),
      GIT_OBJECT_DIRECTORY: join(this.#directory, 'nowhere'),
      GIT_TRACE: join(this.#directory, 'sprung'),
      GIT_NAMESPACE: 'elsewhere',
      GIT_REPLACE_REF_BASE: 'refs/heads/',
    };
    for (const name of COMMANDS) values[name] = this.command;
    for (const [name, value] of Object.entries(values)) {
      environment[name] = value;
      vi.stubEnv(name, value);
    }
    onTestFinished(() => void vi.unstubAllEnvs());
  }

  /** The same settings in the configuration of a host's repository, by an include, and hooks of its worktree. */
  armRepository({ directory }: BareRepository): void {
    const file = join(directory, 'included');
    writeFileSync(file, this.configuration.replace(/\[core\]\n\thooksPath.*\n$/, ''));
    const config = join(directory, 'config');
    writeFileSync(config, `${readFileSync(config, 'utf8')}[include]\n\tpath = ${file}\n`);
    mkdirSync(join(directory, 'info'), { recursive: true });
    writeFileSync(join(directory, 'info', 'attributes'), '* filter=trap diff=trap merge=trap\n');
  }

  #script(name: string): string {
    const path = join(this.#directory, name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> '${this.#directory}/sprung'\n`);
    chmodSync(path, 0o755);
    return path;
  }
}
