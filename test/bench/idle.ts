import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../src/cli/connect.ts';
import type { TickOptions } from '../../src/reconcile/engine.ts';
import { type GitWrapper, wrapGit } from '../repository/git-wrapper.ts';
import { benchContext } from './bench-context.ts';
import type { Fixture } from './fixture.ts';
import { percentile } from './percentile.ts';
import { Product } from './product.ts';
import { spread } from './spread.ts';

const ROUNDS = 5;

/** What is done when nothing changed: time, CPU of the Node process, and the Git processes. */
export async function idle(fixture: Fixture): Promise<string> {
  const git = wrapGit(await mkdtemp(join(fixture.directory, 'git-')));
  const context = benchContext(fixture.directory, git.path);
  const { engine } = await connect(fixture.configFile, {}, false, context);
  const tick = (options: Pick<TickOptions, 'mode' | 'background'>) => async (): Promise<number> => {
    const before = process.cpuUsage();
    const result = await engine.tick({ ...options, now: Date.now(), signal: context.signal });
    const { user, system } = process.cpuUsage(before);
    if (result.destinations.length > 0) throw new Error('something changed or failed');
    return (user + system) / 1000;
  };
  const { dsosPerNamespace, namespaces } = fixture.size;
  // The first tick reads the repository; from then on nothing is new.
  await tick({ mode: 'apply' })();
  return [
    `${dsosPerNamespace * namespaces} unchanged DSOs (bound: no git process beyond the fetch):`,
    await measured('tick that learns the tip', git, tick({ mode: 'apply' })),
    await measured('tick between them', git, tick({ mode: 'apply', background: { ms: 0, resume: () => undefined } })),
    await measured('plan of a running engine', git, tick({ mode: 'plan' })),
    await measured('command plan', git, async () => (await new Product(['plan'], context).ended()).cpuMs),
  ].join('\n');
}

async function measured(name: string, git: GitWrapper, once: () => Promise<number>): Promise<string> {
  const wall: number[] = [];
  const cpu: number[] = [];
  const before = git.argv().length;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    cpu.push(await once());
    wall.push(performance.now() - start);
  }
  const words = git.argv().slice(before).map(subcommand);
  const counts = [...new Set(words)].map((word) => {
    return `${words.filter((other) => other === word).length / ROUNDS} ${word}`;
  });
  const cpuText = `CPU ${percentile(cpu, 50).toFixed(1)} ms`;
  return `  ${name.padEnd(25)} ${spread(wall)}, ${cpuText}, git: ${counts.join(', ') || 'none'}`;
}

/** The word after the settings of `git -c name=value ... fetch`. */
export function subcommand(argv: string): string {
  const words = argv.split(' ');
  return words.find((word, index) => !word.startsWith('-') && words[index - 1] !== '-c') ?? '';
}
