import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runSplitVector } from '../vectors/split.ts';

const vectorList = z.array(z.looseObject({ id: z.string(), name: z.string(), system: z.string() }));

function read(file: string): z.infer<typeof vectorList> {
  return vectorList.parse(JSON.parse(readFileSync(new URL(`../vectors/data/${file}`, import.meta.url), 'utf8')));
}

describe('the vectors of our rule', () => {
  test.each(read('split-rule.json'))('$id $name', (vector) => {
    expect(runSplitVector(vector)).toEqual({ outcome: 'passed' });
  });
});

describe('the vectors of Karmada', () => {
  test.each(read('split.json'))('$id $name', (vector) => {
    expect(runSplitVector(vector).outcome).not.toBe('failed');
  });

  test('are run, unless they need state or a choice of members', () => {
    const outcomes = read('split.json').map((vector) => runSplitVector(vector));
    const reasons = outcomes.flatMap((outcome) => (outcome.outcome === 'skipped' ? [outcome.reason] : []));
    expect(new Set(reasons)).toEqual(
      new Set([
        'dynamic in steady mode splits the change from the current replicas; our rule has no state',
        'aggregated chooses the fewest members that fit; our rule splits over all members',
        'duplicated gives every member the total; nothing is split',
      ]),
    );
    expect(reasons).toHaveLength(11);
  });
});

describe('the adapter', () => {
  const members = [
    { name: 'a', weight: 1 },
    { name: 'b', weight: 1 },
  ];

  test.each(['karmada-legacy', 'kubefed', 'kubeadmiral', 'kubeadmiral-binpack', 'clusternet', 'other'])(
    'skips %s with a reason',
    (system) => {
      expect(runSplitVector({ system, input: { total: 2, members } }).outcome).toBe('skipped');
    },
  );

  test('fails a wrong number, for both systems', () => {
    const wrong = { input: { total: 2, strategy: 'static', members }, expected: { a: 2, b: 0 } };
    expect(runSplitVector({ ...wrong, system: 'proposed' }).outcome).toBe('failed');
    expect(runSplitVector({ ...wrong, system: 'karmada' }).outcome).toBe('failed');
  });

  test('fails what is not a vector', () => {
    expect(runSplitVector({ system: 'proposed' }).outcome).toBe('failed');
    expect(runSplitVector(7).outcome).toBe('failed');
  });

  test('skips fields it does not know', () => {
    const vector = { system: 'karmada', input: { total: 2, strategy: 'static', members, modes: [] }, expected: {} };
    expect(runSplitVector(vector)).toEqual({
      outcome: 'skipped',
      reason: 'uses fields our rule has no counterpart for: modes',
    });
  });
});
