import * as z from 'zod';
import { blobId } from '../manifests/blob.ts';
import type { Proposal, ProposalEntry } from './proposal.ts';

/** A body is at most a quarter of it. */
const MAX_READ = 262_144;
const MAX_MARKER_LENGTH = 4096;
const MARKER = new RegExp(`^<!-- dso-gitops: (\\{.{1,${MAX_MARKER_LENGTH}}\\}) -->[ \\t\\r]*$`, 'gm');

const Marker = z.strictObject({
  version: z.literal(1),
  group: z.string().min(1).max(400),
  digest: z.string().regex(/^[0-9a-f]{40}$/),
  validUntil: z.int().min(0).max(8.64e15),
});

/** What a body says about itself, unseen. */
export type Marker = z.infer<typeof Marker>;

/** The last line of a body. */
export function renderMarker(proposal: Proposal): string {
  const { group, validUntil } = proposal;
  const json = JSON.stringify({ version: 1, group, digest: digestOf(proposal), validUntil } satisfies Marker);
  // Nothing in a name can end the comment, or mean something to a host.
  const safe = json.replaceAll(/[^\w ",:{}\\]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `<!-- dso-gitops: ${safe} -->`;
}

/** The marker of a body, whoever wrote it; null: there is none that we know. The last one counts. */
export function parseMarker(body: string | null): Marker | null {
  if (body === null || body.length > MAX_READ) return null;
  const text = [...body.matchAll(MARKER)].at(-1)?.[1];
  return text === undefined ? null : (Marker.safeParse(jsonOf(text)).data ?? null);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Whether a body still says what is proposed: the same workloads, numbers and kinds of reasons, and not past its time. What
 * people write around the marker leaves it current; without its marker it is not.
 */
export function isCurrent(body: string | null, proposal: Proposal): boolean {
  const marker = parseMarker(body);
  if (!marker || marker.group !== proposal.group || marker.validUntil <= proposal.renderedAt) return false;
  return marker.digest === digestOf(proposal);
}

/** Of what a reader has to know: no times, no values that were read. */
function digestOf({ base, entries }: Proposal): string {
  const parts = entries
    .toSorted((one, other) => compare(one.key, other.key))
    .map(({ key, reason, total, members, rule }) => [
      key,
      classOf(reason),
      total.before,
      total.after,
      rule,
      members
        .toSorted((one, other) => compare(one.name, other.name))
        .map(({ name, before, after, sharePercent, bound }) => [
          name,
          before,
          after,
          Math.round(sharePercent * 10),
          bound,
        ]),
    ]);
  return blobId(JSON.stringify([base, parts]));
}

/** A reason without its numbers: that a value moved on is no news while the counts are the same. */
function classOf(reason: ProposalEntry['reason']): string {
  return reason.replaceAll(/\d+(\.\d+)?/g, '0');
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
