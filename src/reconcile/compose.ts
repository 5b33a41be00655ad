import { posix } from 'node:path';
import type { Destination } from '../config/load.ts';
import { type ProductError, refusePath } from '../errors.ts';
import { type ChangeSet, type Stored, textOf } from '../manifests/change-set.ts';
import { type CommitEntry, commitMessage } from '../manifests/commit-message.ts';
import { holdPath, parseHold } from '../manifests/hold.ts';
import { indexPath, parseIndex, recordPath, renderIndex } from '../manifests/layout.ts';
import type { Templates } from '../manifests/template.ts';
import type { Decided, DestinationChange } from './decision.ts';
import type { HeldBack } from './hold-back.ts';
import type { PlacedDso } from './place.ts';
import type { Repository } from './repository.ts';

/** A DSO and what was decided for it. */
export interface DecidedDso {
  readonly placed: PlacedDso;
  readonly decided: Decided;
  /** Members whose branch was behind the one at home, with the count that it held; null: nobody knows. */
  readonly behind: ReadonlyMap<string, number | null>;
  /** Destinations that it does not go to now. */
  readonly heldBack: ReadonlyMap<string, HeldBack>;
}

/** What one commit writes below one root, and what it says as a whole. */
export interface Composition {
  readonly files: ChangeSet;
  readonly message: string;
  /** What the message tells. */
  readonly entries: readonly CommitEntry[];
  /** What is in it, by key of the DSO; null: a person's word, no decision. */
  readonly decisions: ReadonlyMap<string, Decided | null>;
}

/** A composition, or why there is none. */
export interface Composed {
  /** null: nothing changed, or something is refused. */
  readonly composition: Composition | null;
  /** Indexes that are not ours, each with its path. */
  readonly refusals: readonly ProductError[];
}

/** What goes to one destination of all that changed. */
export async function compose(
  destination: Destination,
  changed: readonly DecidedDso[],
  repository: Repository,
  templates: Templates,
): Promise<Composed> {
  const files = new Map<string, string | Stored | null>();
  // Git stores each file as its difference from the one before: next to their like, records make half the pack.
  const records = new Map<string, string | Stored | null>();
  const entries: CommitEntry[] = [];
  for (const dso of changed) {
    const { placed, decided } = dso;
    const change = decided.changes.get(destination.id);
    if (!change) continue;
    const { key, namespace, name } = placed.dso;
    const ownRecord = recordPath(destination.root, namespace, name);
    for (const [path, content] of change.files) (path === ownRecord ? records : files).set(path, content);
    const { written } = change;
    entries.push({ key, record: recordHere(dso, written), members: written, word: wordIn(change, placed) });
  }
  if (entries.length === 0) return { composition: null, refusals: [] };
  const { rendered, refusals } = await indexes(destination, changed, repository, templates);
  if (refusals.length > 0) return { composition: null, refusals };
  for (const [path, content] of records) files.set(path, content);
  for (const [path, content] of rendered) files.set(path, content);
  const decisions = new Map(changed.map(({ placed, decided }) => [placed.dso.key, decided]));
  return { composition: { files, message: commitMessage(templates, entries), entries, decisions }, refusals };
}

/** What a message says of a decision: the overlays of a branch that was behind come from what stood there. */
function recordHere({ decided: { record }, behind }: DecidedDso, written: readonly string[]): CommitEntry['record'] {
  const here = written.filter((name) => behind.has(name));
  if (!record || here.length === 0) return record;
  const members = { ...record.members };
  for (const name of here) {
    const member = members[name];
    if (member) members[name] = { ...member, before: behind.get(name) ?? null };
  }
  // Its total is not what the steps of these members add up to.
  return { ...record, total: { ...record.total, before: null }, members };
}

/** One commit of what goes below several roots. */
export function joined(
  compositions: readonly Composition[],
  templates: Templates,
): Pick<Composition, 'files' | 'message'> {
  const [only] = compositions;
  if (only && compositions.length === 1) return only;
  const entries = new Map<string, CommitEntry>();
  for (const entry of compositions.flatMap((one) => one.entries)) {
    const known = entries.get(entry.key);
    entries.set(
      entry.key,
      known ? { ...known, members: [...known.members, ...entry.members], word: known.word ?? entry.word } : entry,
    );
  }
  const files = new Map(compositions.flatMap((one) => [...one.files]));
  return { files, message: commitMessage(templates, [...entries.values()]) };
}

/** What a change says about a hold; null: it is about numbers. */
function wordIn({ files }: DestinationChange, { dso, home }: PlacedDso): CommitEntry['word'] {
  const text = textOf(files.get(holdPath(home.root, dso.namespace, dso.name)));
  if (text === null) return null;
  const { isHeld, by, reason } = parseHold(text);
  return { verb: isHeld ? 'hold' : 'resume', reason: `${by}: ${reason}` };
}

/** Indexes that gain a name; one that has it already is not touched. */
async function indexes(
  destination: Destination,
  changed: readonly DecidedDso[],
  repository: Repository,
  templates: Templates,
): Promise<{ readonly rendered: ReadonlyMap<string, string>; readonly refusals: readonly ProductError[] }> {
  const wanted = new Map<string, Set<string>>();
  for (const { placed, decided } of changed) {
    for (const member of decided.changes.get(destination.id)?.added ?? []) {
      const path = indexPath(destination, member, placed.dso.namespace);
      if (path === null) continue;
      wanted.set(path, (wanted.get(path) ?? new Set()).add(placed.dso.name));
    }
  }
  const entries = await repository.entries([...wanted.keys()]);
  const texts = await repository.contents([...entries.values()].flatMap((entry) => entry?.id ?? []));
  const rendered = new Map<string, string>();
  const refusals: ProductError[] = [];
  for (const [path, names] of wanted) {
    const entry = entries.get(path);
    // Without an index, what lies there already belongs into it as well.
    const listed = entry ? parseIndex(texts.get(entry.id) ?? '') : await repository.directories(posix.dirname(path));
    if (listed === null) {
      const message = `${path} is not an index as dso-gitops writes it; restore it, or remove it and it is made again`;
      refusals.push(refusePath(path, 'IndexNotOurs', message));
      continue;
    }
    if (entry && [...names].every((name) => listed.includes(name))) continue;
    rendered.set(path, renderIndex(templates, [...new Set([...listed, ...names])].sort()));
  }
  return { rendered, refusals };
}
