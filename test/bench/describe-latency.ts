import type { Latency } from './latency.ts';
import { percentile } from './percentile.ts';
import { spread } from './spread.ts';

/** The figures of one repository, with their bounds. */
export function describeLatency({ files, ours, floor, clone, ratio }: Latency): string {
  const line = (name: string, samples: readonly number[]): string => `  ${name.padEnd(22)} ${spread(samples)}`;
  const lines = [
    `changed file -> pushed commit, one DSO on 20 members, ${files} files:`,
    `${line('dso-gitops', ours)}, p99 ${percentile(ours, 99).toFixed(1)} ms`,
    line('bare git commands', floor),
    `  over their median      p50 ${ratio.p50.toFixed(2)}x (bound 2)  p99 ${ratio.p99.toFixed(2)}x (bound 5)`,
  ];
  if (clone.length > 0) {
    const times = percentile(clone, 50) / percentile(ours, 50);
    lines.push(line('clone, commit, push', clone), `  faster than a clone    ${times.toFixed(1)}x (bound 20)`);
  }
  return lines.join('\n');
}
