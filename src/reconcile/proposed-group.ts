import type { ProductError } from '../errors.ts';
import { blobId } from '../manifests/blob.ts';
import { textOf } from '../manifests/change-set.ts';
import { recordPath } from '../manifests/layout.ts';
import { parseRecord } from '../manifests/record.ts';
import type { Templates } from '../manifests/template.ts';
import { type GroupBy, groupOf } from '../proposal/head.ts';
import { type ProposalEntry, proposalEntry } from '../proposal/proposal.ts';
import type { Branch } from './branch.ts';
import { type Composition, compose, type DecidedDso, joined } from './compose.ts';
import { findNotOurs } from './find-not-ours.ts';
import type { DsoOutcome } from './outcome.ts';
import { indexesOf, pathsOf } from './paths-of.ts';
import type { Repository } from './repository.ts';

/** A DSO that is proposed in one branch. */
export interface ProposedDso extends DecidedDso {
  /** The rule that asked for it; null: all is proposed. */
  readonly rule: string | null;
}

/** What is proposed in one branch, by group. */
export function proposedIn(
  branch: Branch,
  by: GroupBy,
  outcomes: Iterable<DsoOutcome>,
): ReadonlyMap<string, readonly ProposedDso[]> {
  const groups = new Map<string, ProposedDso[]>();
  const ids = new Set(branch.destinations.map(({ id }) => id));
  for (const { placed, decided, behind, routing } of outcomes) {
    if (!placed || !decided) continue;
    const here = [...routing.heldBack].filter(([id]) => ids.has(id));
    const found = here.find(([, { proposal }]) => proposal !== null)?.[1].proposal;
    if (!found || !isHomeWithIt({ placed, decided, behind, heldBack: routing.heldBack }, ids)) continue;
    // What else is held back here stays out of it.
    const heldBack = new Map(here.filter(([, { proposal }]) => proposal === null));
    const group = groupOf(by, placed.dso);
    const proposed = { placed, decided, behind, heldBack, rule: found.rule };
    const others = groups.get(group);
    if (others) others.push(proposed);
    else groups.set(group, [proposed]);
  }
  return groups;
}

/** Keys of what a person holds, by group. */
export function heldIn(by: GroupBy, outcomes: Iterable<DsoOutcome>): ReadonlyMap<string, ReadonlySet<string>> {
  const held = new Map<string, Set<string>>();
  for (const { key, verdict, placed } of outcomes) {
    if (verdict.kind !== 'held' || !placed) continue;
    const group = groupOf(by, placed.dso);
    held.set(group, (held.get(group) ?? new Set()).add(key));
  }
  return held;
}

/** What goes elsewhere is proposed when its record is home, or is proposed together with it. */
function isHomeWithIt({ placed, decided, heldBack }: DecidedDso, ids: ReadonlySet<string>): boolean {
  const { id } = placed.home;
  return !decided.changes.has(id) || (ids.has(id) && heldBack.get(id)?.proposal != null);
}

/**
 * What the branch of a group holds.
 *
 * @throws ProductError with its path, where a file is not ours to write; all that are found are noted with the branch
 */
export async function composeGroup(
  branch: Branch,
  dsos: readonly ProposedDso[],
  repository: Repository,
  templates: Templates,
): Promise<Pick<Composition, 'files' | 'message'>> {
  refuse(
    branch,
    await findNotOurs(
      dsos.flatMap((dso) => pathsIn(branch, dso)),
      repository,
    ),
  );
  const compositions: Composition[] = [];
  for (const destination of branch.destinations) {
    const { id } = destination;
    const here = dsos.filter(({ decided, heldBack }) => decided.changes.has(id) && !heldBack.has(id));
    const { composition, refusals } = await compose(destination, here, repository, templates);
    refuse(branch, refusals);
    if (composition) compositions.push(composition);
  }
  return joined(compositions, templates);
}

function refuse(branch: Branch, errors: readonly ProductError[]): void {
  branch.refuse(errors);
  const [first] = errors;
  if (first) throw first;
}

/** Why a proposal cannot be written as the tip is; null: nothing is known against it. */
export function refusalOf(branch: Branch, dso: ProposedDso): ProductError | null {
  return branch.refusalOf(pathsIn(branch, dso));
}

function pathsIn({ destinations }: Branch, dso: ProposedDso): readonly string[] {
  return destinations.filter(({ id }) => !dso.heldBack.has(id)).flatMap((destination) => pathsOf(dso, destination));
}

/** See Proposal.ground: the indexes that a group changes, as they are at the tip. */
export async function groundOf(
  { destinations }: Branch,
  dsos: readonly ProposedDso[],
  repository: Repository,
): Promise<string> {
  const paths = dsos.flatMap((dso) => destinations.flatMap((destination) => indexesOf(dso, destination)));
  if (paths.length === 0) return '';
  const entries = [...(await repository.entries([...new Set(paths)].sort()))];
  return blobId(JSON.stringify(entries.map(([path, entry]) => [path, entry?.id ?? null]))).slice(0, 8);
}

/** What the pull request of a group says. */
export function entriesOf(
  { destinations }: Pick<Branch, 'destinations'>,
  dsos: readonly ProposedDso[],
): readonly ProposalEntry[] {
  return dsos.flatMap(({ placed, decided, rule }) => {
    const { namespace, name } = placed.dso;
    const texts = destinations.map(({ id, root }) => {
      return textOf(decided.changes.get(id)?.files.get(recordPath(root, namespace, name)));
    });
    const record = parseRecord(texts.find((text) => text !== null) ?? '');
    const own = placed.members.filter(({ destination }) => destinations.some(({ id }) => id === destination.id));
    return record
      ? [
          proposalEntry(
            record,
            own.map((member) => member.name),
            rule,
          ),
        ]
      : [];
  });
}
