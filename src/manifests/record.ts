import { parse } from 'yaml';
import * as z from 'zod';
import type { DemandSpec } from '../demand/spec.ts';
import type { DemandState } from '../demand/state.ts';
import { emitYaml } from './emit-yaml.ts';

/** Version of the arithmetic; a record is recomputed only by the same one. */
export const RULES_VERSION = 1;

const count = z.int().min(0).max(2_147_483_647);
const instant = z.iso.datetime();
const milliseconds = z.number();

const ReadingRecord = z.union([
  z.strictObject({ value: z.number().min(0).describe('In the unit of the trigger.') }),
  z.strictObject({
    missing: z.string().describe('CamelCase reason.'),
    message: z.string().describe('What was found.'),
  }),
]);

const ScalingPolicy = z.strictObject({ type: z.enum(['Pods', 'Percent']), value: z.int(), periodSeconds: z.int() });

const ScalingRules = z.strictObject({
  policies: z.array(ScalingPolicy),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']),
  stabilizationWindowSeconds: z.int().nullable(),
  tolerance: z.number().nullable(),
});

/** The effective spec of demand, as in src/demand/spec.ts. */
export const DemandSpecRecord: z.ZodType<DemandSpec> = z
  .strictObject({
    triggers: z.array(
      z.strictObject({
        id: z.string(),
        metricType: z.enum(['AverageValue', 'Value']),
        target: z.number(),
        activation: z.number(),
      }),
    ),
    minReplicaCount: count.nullable(),
    maxReplicaCount: count,
    idleReplicaCount: count.nullable(),
    pollingIntervalMs: milliseconds,
    cooldownMs: milliseconds,
    initialCooldownMs: milliseconds,
    fallback: z
      .strictObject({
        failureThreshold: z.int(),
        replicas: count,
        behavior: z.enum(['static', 'currentReplicas', 'currentReplicasIfHigher', 'currentReplicasIfLower']),
      })
      .nullable(),
    behavior: z.strictObject({ scaleUp: ScalingRules, scaleDown: ScalingRules }).nullable(),
    tolerance: z.strictObject({ up: z.number(), down: z.number() }),
    ramp: z.strictObject({ factor: z.number(), minimum: z.number() }).nullable(),
    pause: z.union([
      z.strictObject({ kind: z.enum(['none', 'paused']) }),
      z.strictObject({ kind: z.literal('replicas'), replicas: count }),
      z.strictObject({ kind: z.literal('invalid'), found: z.string() }),
    ]),
    isScaleInPaused: z.boolean(),
    isScaleOutPaused: z.boolean(),
    isActivationForced: z.boolean(),
  })
  .describe('The effective part of the DSO.');

/** What demand remembers, as in src/demand/state.ts; times are epoch milliseconds. */
export const DemandStateRecord: z.ZodType<DemandState> = z.strictObject({
  total: count,
  asOf: milliseconds,
  createdAt: milliseconds,
  isRefreshing: z.boolean(),
  lastActiveTime: milliseconds.nullable(),
  isPaused: z.boolean(),
  readings: z.array(
    z.strictObject({
      trigger: z.string(),
      reading: z.union([
        z.strictObject({ kind: z.literal('value'), value: z.number() }),
        z.strictObject({ kind: z.literal('missing'), reason: z.string(), message: z.string() }),
      ]),
      failingSince: milliseconds.nullable(),
    }),
  ),
  recommendations: z.array(z.strictObject({ replicas: count, since: milliseconds, until: milliseconds.nullable() })),
  events: z.array(z.strictObject({ at: milliseconds, change: z.int() })),
});

/** All that must be remembered of a DSO. */
export const DsoState = z.strictObject({
  seq: z.int().min(0).describe('Number of the last decision; 0: none yet.'),
  isUnproven: z
    .boolean()
    .describe('Nobody knows what runs: zero is written only after one cooldown since the DSO was first seen.'),
  firstSeen: milliseconds,
  demand: DemandStateRecord,
});
export type DsoState = z.infer<typeof DsoState>;

const MemberRecord = z.strictObject({
  before: count.nullable().describe('Committed before; null: none.'),
  after: count.describe('Committed by this decision.'),
  weight: z.int().min(0),
  exact: z.number().describe('Exact share of the total by weight.'),
  reason: z.string().describe('What decided the number: weight, minimum, maximum, drained, tier.'),
  targetNamespace: z.string(),
  min: count,
  max: count.nullable(),
  priority: z.int().min(0),
  path: z.string().describe('The overlay, from the root of its repository.'),
  overlay: z.string().describe('Blob id of the overlay.'),
});

/** The decision record: what was decided, from what, and why. */
export const DecisionRecord = z.strictObject({
  apiVersion: z.literal('dso-gitops.dev/v1alpha1'),
  kind: z.literal('Decision'),
  metadata: z.strictObject({ namespace: z.string(), name: z.string() }),
  rules: z.int().min(1).describe('Version of the rules that were applied.'),
  owner: z.string().describe('The installation that decided.'),
  seq: z.int().min(1).describe('Number of the decision, rising by at least one each time.'),
  previous: z.string().nullable().describe('Blob id of the record that this one replaces; null: the first.'),
  time: instant.describe('When it was decided.'),
  reason: z.string().describe('One sentence.'),
  total: z.strictObject({ before: count.nullable(), after: count }),
  unplaced: count.describe('Replicas that no member could take.'),
  members: z.record(z.string(), MemberRecord),
  orphaned: z.record(z.string(), count).describe('Members that left the DSO and keep their committed count.'),
  target: z.strictObject({ group: z.string(), version: z.string(), kind: z.string(), name: z.string() }),
  readings: z.array(z.strictObject({ trigger: z.string(), source: z.string(), time: instant, reading: ReadingRecord })),
  spec: DemandSpecRecord,
  configuration: z.strictObject({ firstSight: z.enum(['wait', 'write']) }),
  steps: z.array(z.string()).describe('The way from the readings to the total, in words.'),
  state: z.strictObject({ before: DsoState.nullable(), after: DsoState }),
});
export type DecisionRecord = z.infer<typeof DecisionRecord>;

/** Text of a record: the same bytes for the same record. */
export function renderRecord(record: DecisionRecord): string {
  return emitYaml(record);
}

/** A record from its text; null when it is none, or of a form that this version does not know. */
export function parseRecord(text: string): DecisionRecord | null {
  try {
    const result = DecisionRecord.safeParse(parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
