import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A program that a pinned Go module names. */
export interface GoProgram {
  readonly name: string;
  /** Directory of the go.mod and go.sum. */
  readonly module: string;
  /** Import path of the command; `.` is the module itself. */
  readonly package: string;
  /** Values that the linker sets, by variable. */
  readonly values?: Readonly<Record<string, string>>;
}

/** Path of a program: built once, and kept in the user's cache under the hash of what it is built from. */
export function buildGoProgram(program: GoProgram): string {
  const binary = join(cacheOf(program), program.name);
  if (existsSync(binary)) return binary;
  const go = onPath('go');
  if (!go) throw new Error(`${program.name} is built with Go, which is not installed: https://go.dev/dl/`);
  mkdirSync(cacheOf(program), { recursive: true });
  const made = `${binary}.${process.pid}`;
  const values = Object.entries(program.values ?? {}).map(([variable, value]) => `-X ${variable}=${value}`);
  const flags = ['build', '-mod=readonly', '-trimpath', '-ldflags', ['-s', '-w', ...values].join(' '), '-o', made];
  execFileSync(go, [...flags, program.package], {
    cwd: program.module,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: 'pipe',
    maxBuffer: 64 * 1024 * 1024,
  });
  renameSync(made, binary);
  return binary;
}

/** Directory that a module was unpacked to, with the files that a build leaves out, such as CRDs. */
export function goModuleDirectory(module: string, path: string): string {
  const go = onPath('go');
  if (!go) throw new Error(`${path} is fetched with Go, which is not installed: https://go.dev/dl/`);
  const answer = execFileSync(go, ['mod', 'download', '-json', path], { cwd: module, stdio: 'pipe' }).toString();
  const { Dir: directory } = JSON.parse(answer) as { Dir: string };
  return directory;
}

/** The first executable of this name on PATH; null: there is none. */
export function onPath(name: string): string | null {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, name));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function cacheOf({ module }: GoProgram): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(module).sort()) hash.update(file).update(readFileSync(join(module, file)));
  const root = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(root, 'dso-gitops-tests', hash.digest('hex').slice(0, 16));
}
