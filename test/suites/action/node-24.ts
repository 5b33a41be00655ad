import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../docs/pages.ts';

/** What the runner has for `using: node24`. */
const VERSION = '24.22.3';
const DIRECTORY = join(ROOT, 'build', 'node24');
const PACKAGE = `node-${process.platform}-${process.arch}`;

/** The program that the runner starts the action with. */
export const NODE_24 = join(DIRECTORY, 'node_modules', PACKAGE, 'bin', 'node');

/** Fetches Node 24 where it is not there yet. */
export function setup(): void {
  if (existsSync(NODE_24)) return;
  const options = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', DIRECTORY];
  execFileSync('npm', [...options, `${PACKAGE}@${VERSION}`], { stdio: 'inherit' });
}
