import { percentile } from './percentile.ts';

/** Least, median and most of samples in milliseconds, to be read by people. */
export function spread(samples: readonly number[]): string {
  const [least, median, most] = [0, 50, 100].map((percent) => percentile(samples, percent).toFixed(1));
  return `median ${median} ms (${least} to ${most}, ${samples.length} samples)`;
}
