import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { counts, report } from './report.ts';
import { runVector } from './run-vector.ts';

const USAGE = 'usage: npm run -s test:vectors -- FILE (a JSON array of vectors)';

/** Runs the vectors of a file. Exit code 1: something failed, 2: the file cannot be used. */
function main(args: readonly string[]): number {
  const [file, ...rest] = args;
  if (file === undefined || rest.length > 0) return unusable(`expected one file, found ${args.length} arguments`);
  const vectors = read(file);
  if (typeof vectors === 'string') return unusable(vectors);
  const runs = vectors.map(runVector);
  process.stdout.write(`${report(runs).join('\n')}\n`);
  return counts(runs).failed > 0 ? 1 : 0;
}

/** The vectors, or why there are none. */
function read(file: string): readonly unknown[] | string {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    return `cannot read vectors from ${file}: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
  const vectors = z.array(z.unknown()).safeParse(document);
  return vectors.success ? vectors.data : `expected a JSON array of vectors in ${file}`;
}

function unusable(problem: string): number {
  process.stderr.write(`${problem}\n${USAGE}\n`);
  return 2;
}

process.exitCode = main(process.argv.slice(2));
