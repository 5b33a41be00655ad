import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../src/cli/context.ts';

/** What one process of the product took, without the Git processes that it started. */
export interface Usage {
  /** From its start to its end. */
  readonly wallMs: number;
  /** User and system. */
  readonly cpuMs: number;
  readonly peakRssMiB: number;
}

const MAIN = new URL('../../build/cli/main.js', import.meta.url).pathname;
const DOCKERFILE = new URL('../../Dockerfile', import.meta.url);
const DEPLOYMENT = new URL('../../templates/install/deployment.yaml', import.meta.url);
/** The product itself is as it is built; only its last words are added. */
const LAST_WORDS = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync('usage.json', JSON.stringify(process.resourceUsage())));`;

/** The product as it is installed, in a process of its own, with its output in the file output.txt. */
export class Product {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #start = performance.now();
  readonly #exit: Promise<unknown[]>;

  constructor(args: readonly string[], { directory, environment }: Pick<Context, 'directory' | 'environment'>) {
    this.#directory = directory;
    const output = openSync(join(directory, 'output.txt'), 'w');
    const options = [...entrypointOptions(), '--import', `data:text/javascript,${encodeURIComponent(LAST_WORDS)}`];
    this.#child = spawn(process.execPath, [...options, MAIN, ...args], {
      cwd: directory,
      env: environment,
      stdio: ['ignore', output, 'inherit'],
    });
    this.#exit = once(this.#child, 'exit');
    closeSync(output);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until it ends. @throws when it failed */
  async ended(): Promise<Usage> {
    const [code] = await this.#exit;
    const wallMs = performance.now() - this.#start;
    if (code !== 0) throw new Error(`dso-gitops ended with exit code ${String(code)}`);
    const usage: NodeJS.ResourceUsage = JSON.parse(readFileSync(join(this.#directory, 'usage.json'), 'utf8'));
    return {
      wallMs,
      cpuMs: (usage.userCPUTime + usage.systemCPUTime) / 1000,
      peakRssMiB: usage.maxRSS / 1024,
    };
  }

  /** Asks it to end, as a cluster does. */
  stop(): void {
    this.#child.kill('SIGTERM');
  }
}

/** What the image gives Node. */
function entrypointOptions(): readonly string[] {
  const found = /^ENTRYPOINT (\[.+\])$/m.exec(readFileSync(DOCKERFILE, 'utf8'))?.[1];
  const words: readonly string[] = JSON.parse(found ?? '[]');
  if (words.length < 2) throw new Error('the Dockerfile has no entrypoint as a list');
  return words.slice(1, -1);
}

/** What the Deployment gives Node. */
export function nodeOptions(): string {
  const found = /NODE_OPTIONS\n\s+value: (.+)/.exec(readFileSync(DEPLOYMENT, 'utf8'))?.[1];
  if (found === undefined) throw new Error('the Deployment sets no NODE_OPTIONS');
  return found;
}
