import * as z from 'zod';
import { blobId } from '../manifests/blob.ts';
import type { Proposal, ProposalEntry } from './proposal.ts';

/** A body is at most a quarter of it. */
const MAX_READ = 262_144;
const MAX_MARKER_LENGTH = 30_000;
/** Room for the numbers of some 300 workloads by name, or of some 1,300 by a hash of it; of more nothing is told. */
const MAX_NUMBERS_LENGTH = 24_000;
const MARKER = new RegExp(`^<!-- dso-gitops: (\\{.{1,${MAX_MARKER_LENGTH}}\\}) -->[ \\t\\r]*$`, 'gm');

/** Total, beginning of the record that it replaces, beginning of the split. */
const Numbers = z.tuple([z.int().min(0), z.string().max(8), z.string().max(8)]);
type Numbers = z.infer<typeof Numbers>;

const Written = z.strictObject({
  version: z.literal(1),
  group: z.string().min(1).max(400),
  digest: z.string().regex(/^[0-9a-f]{40}$/),
  validUntil: z.int().min(0).max(8.64e15),
  commit: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
  builtAt: z.int().min(0).max(8.64e15),
  /** Of the files of others at the base that it changes as well, a hash; a change of them may be in conflict with it. */
  ground: z.string().max(8),
  /** By key. */
  numbers: z.record(z.string().max(400), Numbers).optional(),
  /** The same of many, by a hash of the key. */
  short: z.string().max(MAX_NUMBERS_LENGTH).optional(),
});
type Written = z.infer<typeof Written>;

/** What a body says about itself, unseen. */
export interface Marker extends Omit<Written, 'short'> {
  /** By name; see nameIn. Absent: there were too many. */
  readonly numbers?: Readonly<Record<string, Numbers>> | undefined;
  /** Names are hashes. */
  readonly isShort?: true;
}

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
  } satisfies Written;
  const all = proposal.entries.map((entry) => [entry.key, numbersOf(entry)] as const);
  const whole = textOf({ ...marker, numbers: Object.fromEntries(all) });
  if (whole.length <= MAX_NUMBERS_LENGTH) return whole;
  const short = textOf({ ...marker, short: shortOf(all.map(([key, one]) => [hashOf(key), one])) });
  return short.length <= MAX_NUMBERS_LENGTH ? short : textOf(marker);
}

/** What a marker calls a workload. */
export function nameIn({ isShort }: Pick<Marker, 'isShort'>, key: string): string {
  return isShort ? hashOf(key) : key;
}

/** Whether a marker speaks for a workload; where it does not tell which, it speaks for all of its group. */
export function speaksFor(marker: Marker, key: string): boolean {
  return !marker.numbers || Object.hasOwn(marker.numbers, nameIn(marker, key));
}

const HASH_LENGTH = 7;
const NO_RECORD = '____';

/** 36 bits: of a thousand workloads hardly ever two are the same. */
function hashOf(key: string): string {
  const bits = BigInt(`0x${blobId(key).slice(0, 16)}`) % 36n ** BigInt(HASH_LENGTH);
  return bits.toString(36).padStart(HASH_LENGTH, '0');
}

function shortOf(all: readonly (readonly [string, Numbers])[]): string {
  return all
    .map(([hash, [total, previous, split]]) => {
      return `${hash}${previous === '' ? NO_RECORD : previous.slice(0, 4)}${split.slice(0, 4)}${total.toString(36)}`;
    })
    .join(' ');
}

/** null: it is none of ours. */
function numbersIn(short: string): Record<string, Numbers> | null {
  const numbers: Record<string, Numbers> = {};
  for (const one of short === '' ? [] : short.split(' ')) {
    const [, hash, previous, split, total] =
      /^([0-9a-z]{7})([0-9a-f]{4}|_{4})([0-9a-f]{4})([0-9a-z]{1,6})$/.exec(one) ?? [];
    if (!hash || !split || !total) return null;
    numbers[hash] = [Number.parseInt(total, 36), previous === NO_RECORD ? '' : (previous ?? ''), split];
  }
  return numbers;
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
  if (!marker) return withdrawn(body);
  const names = new Set([...keys].map((key) => nameIn(marker, key)));
  return withNumbers(
    body,
    marker,
    Object.entries(marker.numbers ?? {}).filter(([name]) => !names.has(name)),
  );
}

/** A body whose marker speaks for nobody any more. */
export function withdrawn(body: string): string {
  const marker = parseMarker(body);
  return marker ? withNumbers(body, marker, []) : `${body}\n\n${textOf(NOBODYS)}\n`;
}

function withNumbers(
  body: string,
  { isShort, numbers: _all, ...marker }: Marker,
  left: readonly (readonly [string, Numbers])[],
): string {
  const line = textOf({ ...marker, ...(isShort ? { short: shortOf(left) } : { numbers: Object.fromEntries(left) }) });
  const last = [...body.matchAll(MARKER)].at(-1);
  return last ? `${body.slice(0, last.index)}${line}${body.slice(last.index + last[0].length)}` : body;
}

/** Speaks for no workload. */
const NOBODYS: Written = {
  version: 1,
  group: 'all',
  digest: '0'.repeat(40),
  validUntil: 0,
  commit: '0'.repeat(40),
  builtAt: 0,
  ground: '',
  numbers: {},
};

function textOf(marker: Written): string {
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
  const written = text === undefined ? null : (Written.safeParse(jsonOf(text)).data ?? null);
  if (written?.short === undefined) return written;
  const { short, ...marker } = written;
  const numbers = numbersIn(short);
  return numbers && { ...marker, numbers, isShort: true };
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
