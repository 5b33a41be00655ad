import { describe, expect, it } from 'vitest';
import { ProductError } from '../../src/errors.ts';
import { Backoff } from '../../src/reconcile/backoff.ts';

const START = Date.UTC(2026, 0, 1);
const LIMITED = new ProductError('later', 'RateLimited', 'too many');
const GONE = new ProductError('later', 'RemoteUnavailable', 'cannot be reached');
const PROTECTED = new ProductError('act', 'ProtectedBranch', 'the branch is protected');
const RACE = new ProductError('retry', 'LostRace', 'another writer was faster');

type Event = (backoff: Backoff) => void;

/** What is known some seconds after the start. */
interface Expected {
  readonly at: number;
  /** Reason of what decisions wait for; null: nothing. */
  readonly commit?: string | null;
  /** Why states are not to be saved; null: they can be. */
  readonly state?: string | null;
  /** What is told of the destination. */
  readonly told?: string | null;
  readonly isReadDue?: boolean;
}

const failed =
  (purpose: 'read' | 'commit' | 'state', error: ProductError, at: number): Event =>
  (backoff) =>
    backoff.fail(purpose, error, START + at * 1000);
const succeeded =
  (purpose: 'read' | 'commit' | 'state', at: number): Event =>
  (backoff) =>
    backoff.succeed(purpose, START + at * 1000);
const wanted =
  (isWanted: boolean, at: number): Event =>
  (backoff) =>
    backoff.want(isWanted, START + at * 1000);

const TABLE: readonly (readonly [what: string, events: readonly Event[], expected: readonly Expected[]])[] = [
  ['nothing happened yet', [], [{ at: 0, commit: null, state: null, told: null, isReadDue: true }]],
  [
    'a push landed: the next one is paced, states are not',
    [succeeded('commit', 0)],
    [
      { at: 9, commit: 'Paced', state: null, told: null },
      { at: 10, commit: null },
    ],
  ],
  ['states were saved: no push is paced', [succeeded('state', 0)], [{ at: 1, commit: null, state: null, told: null }]],
  [
    'the host limits us: states wait as well, and the reason is told',
    [failed('commit', LIMITED, 0)],
    [
      { at: 59, commit: 'RateLimited', state: 'RateLimited', told: 'RateLimited', isReadDue: false },
      { at: 60, commit: null, state: 'RateLimited', told: 'RateLimited', isReadDue: true },
    ],
  ],
  [
    'the host limits us again: twice as long',
    [failed('commit', LIMITED, 0), failed('commit', LIMITED, 60)],
    [
      { at: 179, commit: 'RateLimited' },
      { at: 180, commit: null },
    ],
  ],
  [
    'the host limits us, and there is nothing to push any more: states are saved after the wait',
    [failed('commit', LIMITED, 0), wanted(false, 1)],
    [
      { at: 59, state: 'RateLimited', told: null },
      { at: 60, state: null },
    ],
  ],
  [
    'saving states fails again and again: a push waits no longer for it',
    [failed('commit', LIMITED, 0), failed('state', LIMITED, 60), failed('state', LIMITED, 120)],
    [{ at: 125, commit: null, state: 'RateLimited', told: 'RateLimited' }],
  ],
  [
    'a branch that refuses takes states, and saving them forgets nothing',
    [failed('commit', PROTECTED, 0), succeeded('state', 0)],
    [
      { at: 0.9, commit: 'ProtectedBranch', state: null, told: 'ProtectedBranch' },
      { at: 1, commit: null, state: null, told: 'ProtectedBranch' },
    ],
  ],
  [
    'nothing is to be pushed for a while: nothing is told meanwhile, and the wait stays',
    [failed('commit', GONE, 0), failed('commit', GONE, 1), failed('commit', GONE, 3), wanted(false, 4)],
    [{ at: 4, commit: 'RemoteUnavailable', told: null }],
  ],
  [
    'something is to be pushed again before the wait is over',
    [failed('commit', PROTECTED, 0), failed('commit', PROTECTED, 1), wanted(false, 2), wanted(true, 2.5)],
    [{ at: 2.5, commit: 'ProtectedBranch', told: 'ProtectedBranch' }],
  ],
  [
    'nothing is to be pushed until the wait is over: it is forgotten',
    [failed('commit', PROTECTED, 0), wanted(false, 2), wanted(true, 3)],
    [{ at: 3, commit: null, told: null }],
  ],
  [
    'a lost race is no trouble, and is waited for shortly',
    [failed('commit', RACE, 0)],
    [
      { at: 0.4, commit: 'LostRace', state: null, told: null, isReadDue: false },
      { at: 1, commit: null, isReadDue: true },
    ],
  ],
  [
    'a race that is always lost is trouble',
    Array.from({ length: 10 }, (_, index) => failed('commit', RACE, index)),
    [{ at: 10, told: 'LostRace' }],
  ],
  [
    'a race for the state is lost: the tip is learnt before the next try',
    [(backoff) => backoff.beginRead(START), failed('state', RACE, 5)],
    [{ at: 6, commit: null, isReadDue: true }],
  ],
  [
    'a push landed after saving failed: it has carried the states',
    [failed('state', LIMITED, 0), succeeded('commit', 1)],
    [{ at: 1, state: null }],
  ],
  [
    'the tip cannot be learnt: no state is saved on it',
    [failed('read', GONE, 0), failed('read', GONE, 1)],
    [
      { at: 2, state: 'RemoteUnavailable', told: 'RemoteUnavailable', isReadDue: false },
      { at: 3, isReadDue: true },
    ],
  ],
  [
    'the tip was learnt again',
    [failed('read', GONE, 0), (backoff) => backoff.beginRead(START + 1000), succeeded('read', 1)],
    [
      { at: 60, state: null, told: null, isReadDue: false },
      { at: 61, isReadDue: true },
    ],
  ],
  [
    'what is cached cannot be read: the tip is learnt at once',
    [(backoff) => backoff.beginRead(START), (backoff) => backoff.failLocally(GONE)],
    [{ at: 1, told: 'RemoteUnavailable', isReadDue: true }],
  ],
  [
    'the clock is set back: nothing waits until it has caught up',
    [(backoff) => backoff.beginRead(START), succeeded('commit', 0), failed('state', LIMITED, 0)],
    [{ at: -3600, commit: null, state: null, isReadDue: true }],
  ],
];

describe('the book of one remote', () => {
  it.each(TABLE)('%s', (_what, events, expected) => {
    const backoff = new Backoff(10_000);
    for (const event of events) event(backoff);
    for (const { at, ...facts } of expected) {
      const now = START + at * 1000;
      const known = {
        commit: backoff.waitsFor(now)?.reason ?? null,
        state: backoff.refusesState(now)?.reason ?? null,
        told: (backoff.readError ?? backoff.commitError)?.reason ?? null,
        isReadDue: backoff.isReadDue(now),
      };
      expect({ at, ...known }).toMatchObject({ at, ...facts });
    }
  });

  it('says when something is to be done, and at once where the clock was set back', () => {
    const backoff = new Backoff(10_000);
    backoff.beginRead(START);
    backoff.succeed('commit', START);
    expect(backoff.nextAt(START + 1, true)).toBe(START + 10_000);
    expect(backoff.nextAt(START + 1, false)).toBe(START + 60_000);
    expect(backoff.nextAt(START - 1, true)).toBe(START - 1);
  });
});
