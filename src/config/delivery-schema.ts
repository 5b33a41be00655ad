import * as z from 'zod';
import { DURATION_PATTERN } from '../api/duration.ts';
import { DnsLabel, DnsName } from '../api/names.ts';

const DURATION_EXPECTED = 'expected a duration with its unit, such as 10s or 5m';

/** A Go duration. */
export const duration = z.string({ error: DURATION_EXPECTED }).regex(new RegExp(DURATION_PATTERN), DURATION_EXPECTED);

const name = z.string().min(1).max(80);
const instant = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-12-24T18:00:00Z' });

const RecurringWindow = z
  .strictObject({
    cron: z.string().min(1).max(100).describe('When it opens: minute, hour, day of month, month, day of week.'),
    duration: duration.describe('How long it stays open.'),
    timeZone: z.string().min(1).default('UTC').describe('By whose clock: a name such as Europe/Berlin.'),
  })
  .describe('A window that opens again and again.');

const SingleWindow = z
  .strictObject({ from: instant.describe('Beginning.'), to: instant.describe('End.') })
  .describe('A window that opens once.');

const Window = z.union([RecurringWindow, SingleWindow]);

const range = (what: string) =>
  z
    .strictObject({
      min: z.number().min(0).optional().describe('At least.'),
      max: z.number().min(0).optional().describe('At most.'),
    })
    .describe(what);

const Condition = z
  .strictObject({
    direction: z.enum(['up', 'down', 'same']).optional().describe('Where the total goes; same: only the split moves.'),
    replicas: range('Replicas by which the total moves, against the lowest or highest of the last hour.').optional(),
    percent: range('The same in percent; from 0 it is more than any number.').optional(),
    zero: z.enum(['reached', 'left']).optional().describe('The total reaches 0, or leaves it.'),
    members: z.array(DnsName).min(1).optional().describe('One of these members changes.'),
    namespaces: z.array(DnsLabel).min(1).optional().describe('Namespaces of DSOs.'),
    labels: z.record(z.string(), z.string()).default({}).describe('Labels that the DSO must carry.'),
    annotations: z.record(z.string(), z.string()).default({}).describe('Annotations that the DSO must carry.'),
    window: Window.optional().describe('It is now in this window.'),
  })
  .describe('What a change must be; what is absent does not matter.');

const Rule = z
  .strictObject({
    name: name.describe('What plan and explain call it.'),
    when: Condition.prefault({}),
    then: z
      .enum(['push', 'pullRequest', 'hold', 'wait'])
      .describe(
        'push: commit it; pullRequest: propose it; hold: until a person approves it; wait: until the window is open.',
      ),
    until: Window.optional().describe('With wait: the window in which it is committed.'),
  })
  .describe('What is done with the changes that it matches.');

const Freeze = z
  .strictObject({
    name: name.describe('What plan and explain call it.'),
    when: Condition.prefault({}),
    window: Window.describe('When it is frozen.'),
  })
  .describe('A time in which nothing of what it matches is written.');

const Rules = z
  .strictObject({
    rules: z.array(Rule).default([]).describe('The first that matches decides; where none does, it is pushed.'),
    freezes: z.array(Freeze).default([]).describe('They go before the rules.'),
    maxReplicasPerCommit: z
      .int()
      .min(1)
      .optional()
      .describe('Most replicas, up and down together, that one commit may move; what is more waits for the next one.'),
  })
  .describe('What may go to the branch at once, and what waits.');

/** How a destination takes changes. */
export const DeliveryPolicy = z
  .union([Rules, z.enum(['push', 'pullRequest'])])
  .describe('What may go to the branch at once, what is proposed, and what waits. Absent: all is pushed.');

export type ConditionFile = z.infer<typeof Condition>;
export type DeliveryPolicyFile = z.infer<typeof DeliveryPolicy>;
export type WindowFile = z.infer<typeof Window>;
