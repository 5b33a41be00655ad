import * as z from 'zod';
import { blobId } from '../manifests/blob.ts';
import type { Proposal, ProposalEntry } from './proposal.ts';

/** A body is at most a quarter of it. */
const MAX_READ = 262_144;
const MAX_MARKER_LENGTH = 30_000;
/** Room for the numbers of some 300 workloads; of more of them nothing is told. */
const MAX_NUMBERS_LENGTH = 24_000;
const MARKER = new RegExp(`^<!-- dso-gitops: (\\{.{1,${MAX_MARKER_LENGTH}}\\}) -->[ \\t\\r]*$`, 'gm');

const Marker = z.strictObject({
  version: z.literal(1),
  group: z.string().min(1).max(400),
  digest: z.string().regex(/^[0-9a-f]{40}$/),
  validUntil: z.int().min(0).max(8.64e15),
  commit: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
  builtAt: z.int().min(0).max(8.64e15),
  /** Of the files of others at the base that it changes as well, a hash; a change of them may be in conflict with it. */
  ground: z.string().max(8),
  /** By key: the total, the record that it replaces, and the split, each as its beginning. Absent: there were too many. */
  numbers: z.record(z.string().max(400), z.tuple([z.int().min(0), z.string().max(8), z.string().max(8)])).optional(),
});

/** What a body says about itself, unseen. */
export type Marker = z.infer<typeof Marker>;

/** The last line of a body. */
export function renderMarker(proposal: Proposal): string {
  const { group, validUntil, commit, builtAt, ground } = proposal;
  const marker = {
    version: 1,
    group,
    digest: digestOf(proposal),
    validUntil,
    commit,
    builtAt,
    ground,
  } satisfies Marker;
  const numbers = Object.fromEntries(proposal.entries.map((entry) => [entry.key, numbersOf(entry)]));
  const whole = textOf({ ...marker, numbers });
  return whole.length <= MAX_NUMBERS_LENGTH ? whole : textOf(marker);
}

/** What tells the proposal of one workload from another one: its total, the record that it replaces, its split. */
export function numbersOf({ total, previous, members }: ProposalEntry): [number, string, string] {
  const split = members
    .map(({ name, after }) => [name, after])
    .toSorted(([one], [other]) => compare(`${one}`, `${other}`));
  return [total.after, previous?.slice(0, 8) ?? '', blobId(JSON.stringify(split)).slice(0, 8)];
}

/** A body whose marker says less: some workloads are left out, or all where it does not tell which it speaks for. */
export function withoutKeys(body: string, keys: ReadonlySet<string>): string {
  const marker = parseMarker(body);
  if (!marker) return `${body}\n\n${textOf(NOBODYS)}\n`;
  const left = Object.entries(marker.numbers ?? {}).filter(([key]) => !keys.has(key));
  const line = textOf({ ...marker, numbers: Object.fromEntries(left) });
  const last = [...body.matchAll(MARKER)].at(-1);
  return last ? `${body.slice(0, last.index)}${line}${body.slice(last.index + last[0].length)}` : body;
}

/** Speaks for no workload. */
const NOBODYS: Marker = {
  version: 1,
  group: 'all',
  digest: '0'.repeat(40),
  validUntil: 0,
  commit: '0'.repeat(40),
  builtAt: 0,
  ground: '',
  numbers: {},
};

function textOf(marker: Marker): string {
  // Nothing in a name can end the comment, or mean something to a host.
  const json = JSON.stringify(marker).replaceAll(/"(?:[^"\\]|\\.)*"/g, (string) => {
    return string.replaceAll(/[^\w "\\]/g, (unit) => {
      return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    });
  });
  return `<!-- dso-gitops: ${json} -->`;
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

/** Of what a reader has to know: no times, no values that were read. */
export function digestOf({ base, entries }: Pick<Proposal, 'base' | 'entries'>): string {
  const parts = entries
    .toSorted((one, other) => compare(one.key, other.key))
    .map(({ key, reason, total, members, previous, rule }) => [
      key,
      previous,
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
