import { type Latency, measureLatency } from './latency.ts';
import { measureSplit } from './micro.ts';

/** `npm run bench`: prints what it measured; `-- --short` for fewer samples, `-- --large` adds the 200,000-file repository. */
async function main(args: readonly string[]): Promise<void> {
  const samples = args.includes('--short') ? 40 : 200;
  print(`split, 20 members, total 10,000: ${measureSplit(20, 10_000, 1000).toFixed(2)} us (bound 5)`);
  print(`split, 1,000 members, total 1,000,000: ${(measureSplit(1000, 1_000_000, 20) / 1000).toFixed(3)} ms (bound 2)`);
  const small = await measureLatency({ members: 20, namespaces: 1, dsosPerNamespace: 100 }, samples);
  print(describe(small, 'bound 3 at p50'));
  if (!args.includes('--large')) return;
  const large = await measureLatency({ members: 20, namespaces: 100, dsosPerNamespace: 100 }, samples);
  print(describe(large, 'not bounded yet'));
  print(`ratio at 200,000 files over ratio at 2,000: ${(large.ratio.p50 / small.ratio.p50).toFixed(2)}`);
}

function describe({ files, samples, ours, floor, ratio }: Latency, bound: string): string {
  const line = (name: string, { p50, p99 }: Latency['ours']): string =>
    `  ${name.padEnd(22)} p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`;
  return [
    `changed file -> pushed commit, one DSO on 20 members, ${files} files, ${samples} samples:`,
    line('dso-gitops', ours),
    line('bare git commands', floor),
    `  over the floor's p50   p50 ${ratio.p50.toFixed(2)}x  p99 ${ratio.p99.toFixed(2)}x  (${bound})`,
  ].join('\n');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main(process.argv.slice(2));
