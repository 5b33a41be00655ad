import * as z from 'zod';
import { DnsLabel, DnsName, PlainText } from '../api/names.ts';
import type { DemandSpec } from '../demand/spec.ts';
import type { DemandState } from '../demand/state.ts';
import { emitYaml } from './emit-yaml.ts';
import { readEmitted } from './read-emitted.ts';
import { readUntrustedYaml } from './untrusted-yaml.ts';

/** Version of the arithmetic and of the sentences about it; a decision is made again only by the same one. */
export const RULES_VERSION = 1;

/** Of the text of a record: thousands of members fit. More than this is not read. */
export const MAX_RECORD_LENGTH = 1_000_000;

const count = z.int().min(0).max(2_147_483_647);
const instant = z.iso.datetime();
const milliseconds = z.number();
const blob = z.string().regex(/^[0-9a-f]{40}$/, 'expected the id of a blob');
const path = z.string().regex(/^[A-Za-z0-9_./-]+$/, 'expected a path');
/** Safe as a path segment and as a key. */
const memberName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected the name of a member');

const ReadingRecord = z.union([
  z.strictObject({ value: z.number().min(0).describe('In the unit of the trigger.') }),
  z.strictObject({
    missing: z.string().describe('CamelCase reason.'),
    message: z.string().describe('What was found.'),
  }),
]);

const ScalingPolicy = z.strictObject({
  type: z.enum(['Pods', 'Percent']).describe('What value counts.'),
  value: z.int().describe('Most change within the period.'),
  periodSeconds: z.int().describe('Length of the period.'),
});

const ScalingRules = z.strictObject({
  policies: z.array(ScalingPolicy).describe('Rate limits.'),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']).describe('Which policy acts.'),
  stabilizationWindowSeconds: z.int().nullable().describe('How long earlier recommendations count; null: the default.'),
  tolerance: z.number().nullable().describe('As a fraction; null: the global one.'),
});

/** The effective spec of demand, as in src/demand/spec.ts. */
export const DemandSpecRecord: z.ZodType<DemandSpec> = z
  .strictObject({
    triggers: z
      .array(
        z.strictObject({
          id: z.string().describe('What its readings are held under.'),
          metricType: z.enum(['AverageValue', 'Value']).describe('How the value is compared with the target.'),
          target: z.number().describe('In the unit of the trigger.'),
          activation: z.number().describe('Active while the value is above it.'),
        }),
      )
      .describe('What demand is read from; the highest wins.'),
    minReplicaCount: count.nullable().describe('Least replicas of the fleet; null: not set.'),
    maxReplicaCount: count.describe('Most replicas of the fleet.'),
    idleReplicaCount: count.nullable().describe('Replicas while nothing is active; null: off.'),
    pollingIntervalMs: milliseconds.describe('Between polls of what must be polled.'),
    cooldownMs: milliseconds.min(-1).describe('Without activity before scaling to zero; -1: none.'),
    initialCooldownMs: milliseconds.min(-1).describe('The same for an object that was never active.'),
    fallback: z
      .strictObject({
        failureThreshold: z.int().describe('Failures in a row that are borne.'),
        replicas: count.describe('Replicas after that.'),
        behavior: z
          .enum(['static', 'currentReplicas', 'currentReplicasIfHigher', 'currentReplicasIfLower'])
          .describe('How the count is chosen.'),
      })
      .nullable()
      .describe('What a trigger counts as when it cannot be read; null: none.'),
    behavior: z
      .strictObject({
        scaleUp: ScalingRules.describe('Rules of scaling up.'),
        scaleDown: ScalingRules.describe('Rules of scaling down.'),
      })
      .nullable()
      .describe('Rate limits and stabilisation; null: the path of the HPA without a behavior.'),
    tolerance: z
      .strictObject({
        up: z.number().describe('Of scaling up, as a fraction.'),
        down: z.number().describe('Of scaling down, as a fraction.'),
      })
      .describe('How far usage may be from the target without an effect.'),
    ramp: z
      .strictObject({
        factor: z.number().describe('Most growth as a multiple.'),
        minimum: z.number().describe('Replicas that are always allowed.'),
      })
      .nullable()
      .describe("The HPA's built-in ramp; null: skipped."),
    pause: z
      .union([
        z.strictObject({ kind: z.enum(['none', 'paused']).describe('Whether it is paused.') }),
        z.strictObject({
          kind: z.literal('replicas').describe('Paused at a count.'),
          replicas: count.describe('That count.'),
        }),
        z.strictObject({
          kind: z.literal('invalid').describe('Paused by an annotation that cannot be read.'),
          found: z.string().describe('Its text.'),
        }),
      ])
      .describe('What the pause annotations say.'),
    isScaleInPaused: z.boolean().describe('The total is not lowered.'),
    isScaleOutPaused: z.boolean().describe('The total is not raised.'),
    isActivationForced: z.boolean().describe('Counts as active whatever the triggers say.'),
  })
  .describe('The effective part of the DSO.');

/** What demand remembers, as in src/demand/state.ts; times are epoch milliseconds. */
export const DemandStateRecord: z.ZodType<DemandState> = z.strictObject({
  total: count.describe('The decided total.'),
  asOf: milliseconds.describe('Time up to which everything is evaluated.'),
  createdAt: milliseconds.describe('When the object was created or first seen.'),
  isRefreshing: z.boolean().describe('A trigger is active and none fails: lastActiveTime moves with the clock.'),
  lastActiveTime: milliseconds.nullable().describe('End of the last active interval; null: never active.'),
  isPaused: z.boolean().describe('Whether it was paused at that time.'),
  readings: z
    .array(
      z.strictObject({
        trigger: z.string().describe('Id of the trigger.'),
        reading: z
          .union([
            z.strictObject({
              kind: z.literal('value').describe('A value was read.'),
              value: z.number().describe('In the unit of the trigger.'),
            }),
            z.strictObject({
              kind: z.literal('missing').describe('There is no value.'),
              reason: z.string().describe('CamelCase reason.'),
              message: z.string().describe('What was found.'),
            }),
          ])
          .describe('The last reading, held until the next.'),
        failingSince: milliseconds.nullable().describe('Since when there is no value; null: there is one.'),
      }),
    )
    .describe('Held readings.'),
  recommendations: z
    .array(
      z.strictObject({
        replicas: count.describe('What was recommended.'),
        since: milliseconds.describe('From its evaluation.'),
        until: milliseconds.nullable().describe('To the next one; null: it holds.'),
      }),
    )
    .describe('Recommendations inside the stabilisation window.'),
  events: z
    .array(
      z.strictObject({
        at: milliseconds.describe('When the total changed.'),
        change: z.int().describe('By how much; negative: down.'),
      }),
    )
    .describe('Changes of the total inside the periods of policies.'),
});

/** All that must be remembered of a DSO. */
export const DsoState = z.strictObject({
  seq: z.int().min(0).describe('Number of the last decision; 0: none yet.'),
  hasRecord: z.boolean().describe('The decision landed with its record: without the record a person removed it.'),
  isUnproven: z
    .boolean()
    .describe('Nobody knows what runs: zero is written only after one cooldown since the DSO was first seen.'),
  isHeld: z.boolean().default(false).describe('A person said no: when that ends, what is committed is the new start.'),
  firstSeen: milliseconds.describe('When the DSO was first seen.'),
  recent: z
    .array(
      z.strictObject({
        total: count.describe('What was committed.'),
        until: milliseconds.describe('Until when.'),
      }),
    )
    .default([])
    .describe('Totals that were committed in the last hour, as far as they are the lowest or highest of some time.'),
  delivered: z
    .record(z.string(), z.int().min(1))
    .optional()
    .describe(
      'Number of the last decision that is known to have landed elsewhere than at home, by id of the destination.',
    ),
  resumed: z.int().min(0).optional().describe('Decisions up to this number stay set back: a person ended that hold.'),
  moved: z
    .object({
      at: milliseconds.describe('When.'),
      because: z.string().max(2000).describe('In one sentence.'),
    })
    .optional()
    .describe('What moved the total to what it is, as long as that is not committed.'),
  demand: DemandStateRecord.describe('What demand remembers; times are epoch milliseconds.'),
});
export type DsoState = z.infer<typeof DsoState>;

const MemberRecord = z.strictObject({
  before: count.nullable().describe('Committed before; null: none.'),
  after: count.describe('Committed by this decision.'),
  weight: z.int().min(0).describe('Weight in the DSO.'),
  exact: z.number().describe('Exact share of the total by weight.'),
  reason: z.string().describe('What decided the number: weight, minimum, maximum, drained, tier.'),
  targetNamespace: DnsLabel.describe('Namespace of the workload in the member.'),
  min: count.describe('Least replicas of the member.'),
  max: count.nullable().describe('Most replicas of the member; null: no bound.'),
  priority: z.int().min(0).describe('Tier of the member, higher first.'),
  path: path.describe('The overlay, from the root of its repository.'),
  overlay: blob.describe('Blob id of the overlay.'),
});

/** The decision record: what was decided, from what, and why. */
export const DecisionRecord = z.strictObject({
  apiVersion: z.literal('dso-gitops.dev/v1alpha1').describe('Version of this form of the record.'),
  kind: z.literal('Decision').describe('Kind of the document.'),
  metadata: z
    .strictObject({
      namespace: DnsLabel.describe('Namespace of the DSO.'),
      name: DnsName.describe('Name of the DSO.'),
    })
    .describe('Which DistributedScaledObject was decided.'),
  rules: z.int().min(1).describe('Version of the rules that were applied.'),
  owner: DnsName.describe('The installation that decided.'),
  seq: z.int().min(1).describe('Number of the decision, rising by at least one each time.'),
  previous: blob.nullable().describe('Blob id of the record that this one replaces; null: the first.'),
  time: instant.describe('When it was decided.'),
  reason: z.string().describe('One sentence.'),
  resumed: z
    .strictObject({
      by: z.string().describe('Who it was.'),
      reason: z.string().describe('What they gave as the reason.'),
    })
    .optional()
    .describe('A person ended the hold of a hand edit or a revert: this goes on from what is committed.'),
  total: z
    .strictObject({
      before: count.nullable().describe('Before; null: not known.'),
      after: count.describe('Decided.'),
    })
    .describe('Replicas of the whole fleet.'),
  unplaced: count.describe('Replicas that no member could take.'),
  members: z.record(memberName, MemberRecord).describe('The split, by name of the member.'),
  orphaned: z.record(memberName, count).describe('Members that left the DSO and keep their committed count.'),
  target: z
    .strictObject({
      group: PlainText.describe('API group; empty: core.'),
      version: PlainText.describe('API version.'),
      kind: PlainText.describe('Kind.'),
      name: PlainText.describe('Name, the same in every member.'),
    })
    .describe('The workload that is scaled.'),
  readings: z
    .array(
      z.strictObject({
        trigger: z.string().describe('Id of the trigger.'),
        source: z.string().describe('Object and key that were read.'),
        time: instant.describe('When it was read.'),
        reading: ReadingRecord.describe('The value, or why there is none.'),
      }),
    )
    .describe('What the triggers said.'),
  spec: DemandSpecRecord.describe('The effective part of the DSO.'),
  configuration: z
    .strictObject({ firstSight: z.enum(['wait', 'write']).describe('What is done with an unknown total.') })
    .describe('The effective part of the configuration.'),
  steps: z.array(z.string()).describe('The way from the readings to the total, in words.'),
  state: z
    .strictObject({
      before: DsoState.describe('What the decision started from: what was remembered, or what was adopted.'),
      after: DsoState.describe('After the decision.'),
    })
    .describe('What must be remembered.'),
});
export type DecisionRecord = z.infer<typeof DecisionRecord>;

/** Text of a record: the same bytes for the same record. */
export function renderRecord(record: DecisionRecord): string {
  return emitYaml(record);
}

/** No DSO was ever decided as often: a record that says more was not written by us, and nothing could follow it. */
const MAX_SEQUENCE = 1e12;

/** The `seq` of a record, from its text alone; 0: it has none that can be. */
export function sequenceIn(text: string): number {
  const sequence = Number(/^seq: (\d+)$/m.exec(text)?.[1] ?? 0);
  return sequence <= MAX_SEQUENCE ? sequence : 0;
}

/** The blob that a record says it replaced, from its text alone; null: none. */
export function previousIn(text: string): string | null {
  return /^previous: "?([0-9a-f]{40,64})"?$/m.exec(text)?.[1] ?? null;
}

/** A record from its text; null when it is none, or of a form that this version does not know. */
export function parseRecord(text: string): DecisionRecord | null {
  if (text.length > MAX_RECORD_LENGTH) return null;
  const emitted = readEmitted(text);
  return DecisionRecord.safeParse(emitted ? emitted.value : readUntrustedYaml(text, MAX_RECORD_LENGTH)).data ?? null;
}
