import { z } from 'zod';
import { longestPeriodSeconds, scaleDownRules, scaleUpRules } from '../../src/demand/behavior.ts';
import { LEGACY_WINDOW_MS } from '../../src/demand/hpa.ts';
import { changeInPeriod, isOutdated } from '../../src/demand/limits.ts';
import type { DemandSpec } from '../../src/demand/spec.ts';
import {
  type AgedRecommendation,
  stabilizationReason,
  stabilize,
  stabilizeLegacy,
} from '../../src/demand/stabilize.ts';
import {
  agedRecommendations,
  type DemandState,
  openRecommendation,
  prune,
  type Recommendation,
  seedState,
} from '../../src/demand/state.ts';
import { specOf } from '../demand/spec-of.ts';
import { compareExpected, type Runner } from './fields.ts';
import { Events, Recommendations, Rules } from './hpa-input.ts';

/**
 * The controller keeps slots and reuses one that is outdated; the product drops what is outdated. So the lists are
 * compared by what is still alive, which is decided here from the input: the product must hold just that, and the
 * expected list must contain it.
 */
const NOW = 1_000_000_000;

/** What the product keeps of recommendations after one more. */
function remembered(earlier: readonly AgedRecommendation[], replicas: number, spec: DemandSpec): DemandState {
  const oldestFirst = earlier.toSorted((a, b) => b.ageMs - a.ageMs);
  const closed = oldestFirst.map(
    ({ replicas: count, ageMs }): Recommendation => ({ replicas: count, since: NOW - ageMs, until: NOW - ageMs }),
  );
  return prune({ ...seedState(0, NOW), recommendations: openRecommendation(closed, replicas, NOW) }, spec);
}

/** Entries that the product lost or made up, seen through every later instant at which one ages out. */
function memoryProblems(
  alive: readonly AgedRecommendation[],
  kept: readonly AgedRecommendation[],
  windowsMs: readonly number[],
  read: (recommendations: readonly AgedRecommendation[]) => unknown,
): readonly string[] {
  const problems: string[] = [];
  for (const { replicas } of kept) {
    if (count(kept, replicas) > count(alive, replicas)) problems.push(`the product keeps ${replicas}, which is gone`);
  }
  const instants = new Set([0]);
  for (const { ageMs } of alive)
    for (const window of windowsMs) for (const by of [-1, 0, 1]) instants.add(window - ageMs + by);
  for (const later of instants) {
    if (later < 0) continue;
    const [wanted, found] = [alive, kept].map((list) =>
      read(list.map((entry) => ({ ...entry, ageMs: entry.ageMs + later }))),
    );
    if (JSON.stringify(wanted) === JSON.stringify(found)) continue;
    problems.push(`${later} ms later: ${JSON.stringify(wanted)} of all entries, ${JSON.stringify(found)} of the kept`);
  }
  return problems;
}

function count(list: readonly { readonly replicas: number }[], replicas: number): number {
  return list.filter((entry) => entry.replicas === replicas).length;
}

/** Members of a list that another, as a multiset, does not have. */
function missingFrom(list: readonly number[], members: readonly number[]): readonly number[] {
  const left = [...list];
  return members.filter((member) => {
    const index = left.indexOf(member);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

const Stabilization = z.object({
  currentReplicas: z.number(),
  desiredReplicas: z.number(),
  scaleUpWindowSeconds: z.number(),
  scaleDownWindowSeconds: z.number(),
  recommendations: Recommendations,
});

const stabilization: Runner = ({ input, expected }) => {
  const {
    currentReplicas: current,
    desiredReplicas: desired,
    recommendations,
    ...windows
  } = Stabilization.parse(input);
  const [upMs, downMs] = [windows.scaleUpWindowSeconds * 1000, windows.scaleDownWindowSeconds * 1000];
  const replicas = stabilize(current, desired, recommendations, upMs, downMs);
  const { recommendations: listed, ...fields } = expected;
  const spec = specOf({
    behavior: {
      scaleUp: scaleUpRules({ stabilizationWindowSeconds: windows.scaleUpWindowSeconds }),
      scaleDown: scaleDownRules({ stabilizationWindowSeconds: windows.scaleDownWindowSeconds }),
    },
  });
  const alive = recommendations.filter(({ ageMs }) => ageMs < upMs || ageMs < downMs);
  const kept = agedRecommendations(remembered(recommendations, desired, spec).recommendations, NOW);
  const window = (list: readonly AgedRecommendation[]): unknown => [
    stabilize(Number.NEGATIVE_INFINITY, desired, list, upMs, 0),
    stabilize(Number.POSITIVE_INFINITY, desired, list, 0, downMs),
  ];
  const problems = memoryProblems([...alive, { replicas: desired, ageMs: 0 }], kept, [upMs, downMs], window);
  const lost = listed
    ? missingFrom(z.array(z.number()).parse(listed), [...alive.map((entry) => entry.replicas), desired])
    : [];
  return compareExpected(
    { replicas, reason: stabilizationReason(current, desired, replicas), problems, lost },
    { ...fields, problems: [], lost: [] },
  );
};

const StabilizationLegacy = z.object({
  downscaleStabilisationWindowSeconds: z.number(),
  recommendations: Recommendations,
  desiredReplicas: z.number(),
});

const stabilizationLegacy: Runner = ({ input, expected }) => {
  const { desiredReplicas: desired, recommendations, ...rest } = StabilizationLegacy.parse(input);
  const windowMs = rest.downscaleStabilisationWindowSeconds * 1000;
  const { logLength, ...fields } = expected;
  const alive = recommendations.filter(({ ageMs }) => ageMs <= windowMs);
  const all = [...alive, { replicas: desired, ageMs: 0 }];
  const highest = (list: readonly AgedRecommendation[]): unknown => stabilizeLegacy(0, list, windowMs);
  // The product has one legacy window; with another one only the arithmetic can be compared.
  const kept = agedRecommendations(remembered(recommendations, desired, specOf({})).recommendations, NOW);
  const problems = windowMs === LEGACY_WINDOW_MS ? memoryProblems(all, kept, [windowMs], highest) : [];
  const isLogTooShort = typeof logLength === 'number' && logLength < all.length;
  return compareExpected(
    { replicas: stabilizeLegacy(desired, recommendations, windowMs), problems, isLogTooShort },
    { ...fields, problems: [], isLogTooShort: false },
  );
};

const ScaleEvents = z.object({
  direction: z.enum(['up', 'down']),
  prevReplicas: z.number(),
  newReplicas: z.number(),
  rules: Rules.nullish(),
  events: Events,
  changePeriodSeconds: z.number(),
});
const ListedEvents = z.array(z.object({ change: z.number(), outdated: z.boolean() }));

const scaleEvents: Runner = ({ input, expected }) => {
  const { direction, prevReplicas, newReplicas, rules, events, changePeriodSeconds } = ScaleEvents.parse(input);
  const sign = direction === 'up' ? 1 : -1;
  const none = { ...scaleUpRules(null), policies: [] };
  const given = rules ? (direction === 'up' ? scaleUpRules(rules) : scaleDownRules(rules)) : null;
  const behavior = given && { scaleUp: none, scaleDown: none, [direction === 'up' ? 'scaleUp' : 'scaleDown']: given };
  const change = Math.abs(newReplicas - prevReplicas);
  const state: DemandState = {
    ...seedState(newReplicas, NOW),
    events: [
      ...events.map((event) => ({ at: NOW - event.ageMs, change: sign * event.change })),
      { at: NOW, change: sign * change },
    ],
  };
  const kept = prune(state, specOf({ behavior })).events.map((event) => Math.abs(event.change));
  const longestMs = given ? longestPeriodSeconds(given) * 1000 : 0;
  const alive = given ? [...events.filter(({ ageMs }) => ageMs < longestMs).map((event) => event.change), change] : [];
  const { events: listed, ...fields } = expected;
  const current = listed ? ListedEvents.parse(listed).filter(({ outdated }) => !outdated) : null;
  return compareExpected(
    {
      changeInPeriodBefore: changeInPeriod(events, changePeriodSeconds * 1000),
      lost: missingFrom(kept, alive),
      gone: missingFrom(alive, kept),
      unlisted: current
        ? missingFrom(
            current.map((event) => event.change),
            alive,
          )
        : [],
    },
    { ...fields, lost: [], gone: [], unlisted: [] },
  );
};

const Outdated = z.object({ longestPolicyPeriodSeconds: z.number(), agesSeconds: z.array(z.number()) });

const markOutdated: Runner = ({ input, expected }) => {
  const { longestPolicyPeriodSeconds, agesSeconds } = Outdated.parse(input);
  const outdated = agesSeconds.map((age) =>
    isOutdated({ change: 0, ageMs: age * 1000 }, longestPolicyPeriodSeconds * 1000),
  );
  return compareExpected({ outdated }, expected);
};

/** What earlier recommendations and events do, and how long they are kept. */
export const MEMORY_RUNNERS = { stabilization, stabilizationLegacy, scaleEvents, markOutdated };
