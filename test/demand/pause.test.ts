import { describe, expect, it } from 'vitest';
import { PAUSED, PAUSED_REPLICAS, pauseOf } from '../../src/demand/pause.ts';
import { changes, observed } from './observed.ts';
import { specOf } from './spec-of.ts';

const RUNNING = specOf({ cooldownMs: 60_000 });
const PAUSED_SPEC = { ...RUNNING, pause: { kind: 'paused' } } as const;
const HELD_AT_7 = { ...RUNNING, pause: { kind: 'replicas', replicas: 7 } } as const;

describe('pause', () => {
  it('keeps the total, whatever is read', () => {
    expect(
      changes(4, [
        [0, 0, PAUSED_SPEC],
        [1000, 100, PAUSED_SPEC],
        [2000, null, PAUSED_SPEC],
      ]),
    ).toEqual([]);
  });

  it('sets the count of the annotation at once', () => {
    expect(
      changes(4, [
        [0, 20, RUNNING],
        [10, 20, HELD_AT_7],
      ]),
    ).toEqual([[10, 7]]);
  });

  it('forgets recommendations and events', () => {
    const { states } = observed(4, [
      [0, 20, RUNNING],
      [10, 20, PAUSED_SPEC],
    ]);
    expect(states.at(-1)).toMatchObject({ isPaused: true, isRefreshing: false, recommendations: [], events: [] });
  });

  it('resumes with the count it finds as the first recommendation', () => {
    expect(
      changes(4, [
        [0, 20, RUNNING],
        [10, 20, HELD_AT_7],
        [20, 20, RUNNING],
      ]),
    ).toEqual([
      [10, 7],
      [320.001, 4],
    ]);
  });

  it('resumes upwards at once', () => {
    expect(
      changes(4, [
        [0, 20, RUNNING],
        [10, 20, PAUSED_SPEC],
        [20, 50, RUNNING],
      ]),
    ).toEqual([[20, 10]]);
  });

  it('counts the cooldown through the pause', () => {
    expect(
      changes(4, [
        [0, 20, RUNNING],
        [10, 0, PAUSED_SPEC],
        [50, 0, RUNNING],
      ]),
    ).toEqual([[70.001, 0]]);
    expect(
      changes(4, [
        [0, 20, RUNNING],
        [10, 0, PAUSED_SPEC],
        [100, 0, RUNNING],
      ]),
    ).toEqual([[100, 0]]);
  });

  it('keeps everything where the annotation is no count', () => {
    const invalid = { ...RUNNING, pause: { kind: 'invalid', found: 'many' } } as const;
    expect(
      changes(4, [
        [0, 0, invalid],
        [1000, 100, invalid],
      ]),
    ).toEqual([]);
  });

  it.each([
    [{}, { kind: 'none' }],
    [{ [PAUSED]: 'false' }, { kind: 'none' }],
    [{ [PAUSED]: '' }, { kind: 'paused' }],
    [{ [PAUSED_REPLICAS]: '0' }, { kind: 'replicas', replicas: 0 }],
    [
      { [PAUSED]: 'false', [PAUSED_REPLICAS]: '3' },
      { kind: 'replicas', replicas: 3 },
    ],
    [{ [PAUSED_REPLICAS]: '-1' }, { kind: 'invalid', found: '-1' }],
    [{ [PAUSED_REPLICAS]: '1.5' }, { kind: 'invalid', found: '1.5' }],
    [{ [PAUSED_REPLICAS]: '2147483648' }, { kind: 'invalid', found: '2147483648' }],
  ])('%j is %j', (annotations, expected) => {
    expect(pauseOf(annotations)).toEqual(expected);
  });
});
