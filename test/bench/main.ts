import { type Latency, measureLatency } from './latency.ts';
import { measureSplit } from './micro.ts';
import { type Age, measureMonth, type Steps } from './month.ts';

/** One every five minutes for 30 days; MONTH_COMMITS makes it shorter. */
const MONTH = Number(process.env['MONTH_COMMITS'] ?? 8640);
/** Times with a mirror that grew, over those with a new one: above it, keeping the mirror is worse than making it again. */
const MAX_AGING = 1.5;

const STEPS = ['commit', 'fetch', 'start'] as const;

/**
 * `npm run bench`: prints what it measured; `-- --short` for fewer samples, `-- --large` adds the 200,000-file repository,
 * `-- --month` is only what a month of commits makes of a mirror, and fails where it is slower than its bound.
 */
async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--month')) return month();
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

/** One DSO on two members leaves loose objects; a fleet of which everything changes leaves a pack for each commit. */
async function month(): Promise<void> {
  const looks = [500, 2000, MONTH].filter((commits, index, all) => commits < MONTH || index === all.length - 1);
  for (const [members, dsosPerNamespace, isOne] of [
    [2, 10, true],
    [20, 20, false],
  ] as const) {
    for await (const age of measureMonth({ members, namespaces: 1, dsosPerNamespace }, isOne, looks)) {
      print(describeAge(`${isOne ? 1 : dsosPerNamespace} DSOs on ${members} members`, age));
      for (const step of STEPS) if (age.grown[step] > MAX_AGING * age.fresh[step]) process.exitCode = 1;
    }
  }
}

function describeAge(what: string, { commits, packs, looseObjects, mebibytes, grown, fresh }: Age): string {
  const line = (step: keyof Steps): string => {
    const ratio = grown[step] / fresh[step];
    return `  ${step.padEnd(7)} ${grown[step].toFixed(1)} ms, with a new mirror ${fresh[step].toFixed(1)} ms: ${ratio.toFixed(2)}x (bound ${MAX_AGING})`;
  };
  const size = `${packs} packs, ${looseObjects} loose objects, ${mebibytes.toFixed(1)} MiB`;
  return [`mirror after ${commits} commits of ${what}: ${size}`, ...STEPS.map(line)].join('\n');
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
