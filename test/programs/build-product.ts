import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds the product, so that a suite runs it as users do. */
export function buildProduct(): void {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync('npm', ['run', '--silent', 'build'], { cwd, stdio: 'pipe' });
}
