import { split } from '../../src/split/split.ts';
import { percentile } from './percentile.ts';

/** Median microseconds of one split, over batches after a warm-up. */
export function measureSplit(members: number, total: number, batch: number): number {
  const list = Array.from({ length: members }, (_, index) => ({
    name: `member-${index}`,
    weight: 1 + ((index * 7919) % 100),
  }));
  const once = (): number => {
    const start = performance.now();
    // The total moves by one, so that no call repeats the one before.
    for (let call = 0; call < batch; call += 1) split(total + (call % 2), list, 'shop/web');
    return ((performance.now() - start) * 1000) / batch;
  };
  for (let warmUp = 0; warmUp < 5; warmUp += 1) once();
  return percentile(Array.from({ length: 21 }, once), 50);
}
