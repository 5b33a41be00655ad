import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Copy, DockerfileParser } from 'dockerfile-ast';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** An ordinary user, as in the image. */
const USER = 65_532;

/** No container engine is needed: every step of the Dockerfile is run as a plain command, by an ordinary user. */
it('the steps of the Dockerfile make a service that runs, without root and without a package beside it', () => {
  const directory = temporaryDirectory();
  const stages = new Map<string, string>();
  let stage = '';
  let entrypoint: readonly string[] = [];
  for (const instruction of DockerfileParser.parse(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')).getInstructions()) {
    const text = instruction.getArgumentsContent() ?? '';
    if (instruction.getKeyword() === 'FROM') {
      const name = / AS (\w+)$/.exec(text)?.[1] ?? 'final';
      stage = join(directory, name);
      mkdirSync(stage);
      own(stage);
      stages.set(name, stage);
    } else if (instruction.getKeyword() === 'COPY') copy(instruction as Copy, stages, stage);
    else if (instruction.getKeyword() === 'RUN') runStep(text, stage);
    else if (instruction.getKeyword() === 'ENTRYPOINT') entrypoint = JSON.parse(text) as string[];
    else if (instruction.getKeyword() === 'USER') expect(text).toBe(`${USER}:${USER}`);
  }
  const [node = '', ...product] = entrypoint.map((word) => word.replace(/^\/app\//, `${stage}/`));
  expect(asUser(stage, node, ...product, 'crd')).toContain('kind: CustomResourceDefinition');
  expect(asUser(stage, node, ...product, 'install', '--export')).toContain('kind: Deployment');
  expect(existsSync(join(stage, 'node_modules'))).toBe(false);
  const configuration = /plan -c (\S+)/.exec(asUser(stage, node, ...product, 'quickstart'))?.[1] ?? '';
  const serve = 'timeout -s TERM --preserve-status 4 "$@"';
  const run = ['run', '--config', configuration, '--log-format', 'json', '--health-port', '0'];
  expect(asUser(stage, 'sh', '-c', serve, 'sh', node, ...product, ...run)).toContain('"msg":"watching"');
});

function copy(instruction: Copy, stages: ReadonlyMap<string, string>, stage: string): void {
  const from = instruction
    .getFlags()
    .find((flag) => flag.getName() === 'from')
    ?.getValue();
  const base = from ? (stages.get(from) ?? '') : ROOT;
  const paths = instruction.getArguments().map((argument) => argument.getValue());
  const target = paths.pop() ?? '';
  for (const path of paths) {
    const source = join(base, path.replace(/^\/app\//, ''));
    cpSync(source, target === './' ? join(stage, basename(path)) : join(stage, target), { recursive: true });
  }
  own(stage);
}

/** Packages of the system are what the machine has already. */
function runStep(text: string, stage: string): void {
  if (!text.includes('apt-get install')) {
    asUser(stage, 'sh', '-c', text);
    return;
  }
  // ssh and ssh-keygen refuse to run as a user that has no name.
  expect(text).toMatch(new RegExp(`useradd [^&]*--uid ${USER} `));
  for (const command of ['git', 'ssh', 'ssh-keygen', 'gpg', 'gpg-agent', 'gpgconf'])
    expect(asUser(stage, 'sh', '-c', `command -v ${command}`)).not.toBe('');
}

function asUser(cwd: string, command: string, ...args: readonly string[]): string {
  const identity = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
  const home = join(cwd, '..');
  const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home, npm_config_cache: join(cwd, '.npm') };
  return execFileSync(command, [...args], {
    cwd,
    env,
    ...identity,
    stdio: 'pipe',
    maxBuffer: 64 * 1024 * 1024,
  }).toString();
}

function own(directory: string): void {
  if (process.getuid?.() !== 0) return;
  execFileSync('chown', ['-R', `${USER}:${USER}`, directory]);
  chownSync(join(directory, '..'), USER, USER);
}
