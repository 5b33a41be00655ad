import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type SplitMember, split } from '../../src/split/split.ts';

export type VectorOutcome =
  | { outcome: 'passed' }
  | { outcome: 'failed'; detail: string }
  | { outcome: 'skipped'; reason: string };

const counts = z.record(z.string(), z.number());
const memberSchema = z.looseObject({
  name: z.string(),
  weight: z.number(),
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
  capacity: z.number().exactOptional(),
  down: z.boolean().exactOptional(),
  priority: z.number().exactOptional(),
  current: z.number().exactOptional(),
  available: z.number().exactOptional(),
  tier: z.number().exactOptional(),
  gone: z.boolean().exactOptional(),
});
const inputSchema = z.looseObject({
  total: z.number(),
  strategy: z.string().optional(),
  key: z.string().optional(),
  uid: z.string().optional(),
  members: z.array(memberSchema),
});
const vectorSchema = z.looseObject({
  system: z.string(),
  input: inputSchema,
  expected: counts.optional(),
  expectedAnyOf: z.array(counts).optional(),
  unplaced: z.number().optional(),
  minUnmet: counts.optional(),
  error: z.string().optional(),
});
type Vector = z.infer<typeof vectorSchema>;
type VectorMember = z.infer<typeof memberSchema>;

const knownInput = new Set(['total', 'add', 'strategy', 'tie', 'uid', 'key', 'members']);
const maxWeight = 1_000_000;

/** Rules other than ours: their vectors say what those systems do, not what we claim. */
const otherRules: Readonly<Record<string, string>> = {
  'karmada-legacy': 'Karmada <= 1.15 gives floors and then the remainder to the largest weights, not Webster',
  kubefed: 'the KubeFed planner rounds up from the largest weight on and puts minimums on top, not Webster',
  kubeadmiral: 'the KubeAdmiral planner is a KubeFed planner that starts from the current replicas, not Webster',
  'kubeadmiral-binpack': 'bin packing fills one member after another and knows no weights',
  clusternet: 'Clusternet gives floors and then the remainder to the largest weights, not Webster',
};

/** Runs one vector of `reference/split.md` section 5 through the product's `split`. */
export function runSplitVector(vector: unknown): VectorOutcome {
  const system = z.looseObject({ system: z.string() }).safeParse(vector).data?.system;
  const otherRule = system === undefined ? undefined : otherRules[system];
  if (otherRule !== undefined) return skipped(otherRule);
  const parsed = vectorSchema.safeParse(vector);
  if (!parsed.success) return failed(`not a split vector: ${z.prettifyError(parsed.error)}`);
  const unknown = unknownFields(parsed.data);
  if (unknown.length > 0) return skipped(`uses fields our rule has no counterpart for: ${unknown.join(', ')}`);
  if (parsed.data.system === 'proposed') return runProposed(parsed.data);
  if (parsed.data.system === 'karmada') return runKarmada(parsed.data);
  return skipped(`the system ${parsed.data.system} is not known here`);
}

function unknownFields({ input }: Vector): readonly string[] {
  const fromInput = Object.keys(input).filter((field) => !knownInput.has(field));
  const fromMembers = input.members.flatMap((member) => {
    return Object.keys(member).filter((field) => !(field in memberSchema.shape));
  });
  return [...new Set([...fromInput, ...fromMembers])];
}

function runProposed(vector: Vector): VectorOutcome {
  const { total, members, key = '' } = vector.input;
  const result = split(total, members, key);
  const found = {
    replicas: Object.fromEntries(result.shares.map(({ name, replicas }) => [name, replicas])),
    unplaced: result.unplaced,
    minUnmet: result.minUnmet,
  };
  const { expected, unplaced = 0, minUnmet = {} } = vector;
  return compare({ replicas: expected, unplaced, minUnmet }, found);
}

function runKarmada(vector: Vector): VectorOutcome {
  const { total, strategy = '', key, uid } = vector.input;
  const translated = fromKarmada(vector.input);
  if ('outcome' in translated) return translated;
  const { members } = translated;
  if (members.some(({ weight }) => weight > maxWeight)) return skipped(`a weight is above our limit of ${maxWeight}`);
  const result = split(total, members, key ?? uid ?? '');
  if (vector.error !== undefined) {
    return result.unplaced > 0 ? { outcome: 'passed' } : failed(`expected ${vector.error}, found everything placed`);
  }
  const found = byClass(members, Object.fromEntries(result.shares.map((share) => [share.name, share.replicas])));
  const accepted = [vector.expected, ...(vector.expectedAnyOf ?? [])].filter((value) => value !== undefined);
  if (accepted.some((expected) => isDeepStrictEqual(byClass(members, expected), found))) return { outcome: 'passed' };
  const classes = accepted.map((expected) => byClass(members, expected));
  return failed(`${strategy}: expected per weight class ${JSON.stringify(classes)}, found ${JSON.stringify(found)}`);
}

/** The members as our rule sees them, or why it cannot see them: it keeps no state and never chooses members. */
function fromKarmada(input: Vector['input']): { members: readonly SplitMember[] } | VectorOutcome {
  const { strategy, members } = input;
  const isStateless = members.every(({ current = 0 }) => current === 0);
  const present = members.filter(({ gone = false }) => !gone);
  switch (strategy) {
    case 'static':
      return { members: present.map(byWeight) };
    case 'webster':
      if (isStateless || isOwnResult(input)) return { members: present.map(byWeight) };
      return skipped('adds seats to current replicas that are not a Webster split themselves; our rule has no state');
    case 'dynamic':
      if (isStateless) return { members: present.map(byCapacity) };
      return skipped('dynamic in steady mode splits the change from the current replicas; our rule has no state');
    case 'overflow-dynamic':
      if (isStateless || isOneMemberPerTier(present)) return { members: inPriorities(present) };
      return skipped('a tier in steady mode splits the change from the current replicas; our rule has no state');
    case 'aggregated':
    case 'overflow-aggregated':
      return skipped('aggregated chooses the fewest members that fit; our rule splits over all members');
    case 'duplicated':
      return skipped('duplicated gives every member the total; nothing is split');
    default:
      return skipped(`the strategy ${strategy} is not known here`);
  }
}

/** Whether the current replicas are what our rule gives for their sum (ties aside): then adding is recomputing. */
function isOwnResult({ members }: Vector['input']): boolean {
  const sum = members.reduce((total, { current = 0 }) => total + current, 0);
  const own = members.map(byWeight);
  if (own.some(({ weight }) => weight > maxWeight)) return false;
  const current = Object.fromEntries(members.map((member) => [member.name, member.current ?? 0]));
  const replicas = Object.fromEntries(split(sum, own, '').shares.map((share) => [share.name, share.replicas]));
  return isDeepStrictEqual(byClass(own, current), byClass(own, replicas));
}

/** State matters only inside a tier: what a tier takes as a whole is min(rest, available). */
function isOneMemberPerTier(members: readonly VectorMember[]): boolean {
  return new Set(members.map(({ tier = 0 }) => tier)).size === members.length;
}

function byWeight({ name, weight }: VectorMember): SplitMember {
  return { name, weight };
}

function byCapacity({ name, weight, capacity = weight }: VectorMember): SplitMember {
  return { name, weight: capacity, capacity };
}

/** Karmada counts tiers upward from 0, the first to be filled; our priorities count downward to 0. */
function inPriorities(members: readonly VectorMember[]): readonly SplitMember[] {
  const lowest = Math.max(0, ...members.map(({ tier = 0 }) => tier));
  return members.map(({ name, weight, available = weight, tier = 0 }) => {
    return { name, weight: available, capacity: available, priority: lowest - tier };
  });
}

/** The sorted counts of the members of one weight and tier: all that ties leave open. A missing member has 0. */
function byClass(members: readonly SplitMember[], replicas: Readonly<Record<string, number>>) {
  const classes: Record<string, number[]> = {};
  for (const { name, weight, priority = 0 } of members) {
    const label = `weight ${weight}, priority ${priority}`;
    classes[label] = [...(classes[label] ?? []), replicas[name] ?? 0].sort((a, b) => a - b);
  }
  const others = Object.entries(replicas).filter(
    ([name, n]) => n > 0 && !members.some((member) => member.name === name),
  );
  return { classes, others };
}

function compare(expected: unknown, found: unknown): VectorOutcome {
  if (isDeepStrictEqual(expected, found)) return { outcome: 'passed' };
  return failed(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
}

function failed(detail: string): VectorOutcome {
  return { outcome: 'failed', detail };
}

function skipped(reason: string): VectorOutcome {
  return { outcome: 'skipped', reason };
}
