import { textOf } from '../manifests/change-set.ts';
import { recordPath } from '../manifests/layout.ts';
import { parseRecord } from '../manifests/record.ts';
import type { Templates } from '../manifests/template.ts';
import { type GroupBy, groupOf } from '../proposal/head.ts';
import { type ProposalEntry, proposalEntry } from '../proposal/proposal.ts';
import type { Branch } from './branch.ts';
import { type Composition, compose, type DecidedDso, joined } from './compose.ts';
import type { DsoOutcome } from './outcome.ts';
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
  for (const { placed, decided, routing } of outcomes) {
    if (!placed || !decided) continue;
    const here = [...routing.heldBack].filter(([id]) => ids.has(id));
    const found = here.find(([, { proposal }]) => proposal !== null)?.[1].proposal;
    if (!found || !isHomeWithIt({ placed, decided, heldBack: routing.heldBack }, ids)) continue;
    // What else is held back here stays out of it.
    const heldBack = new Map(here.filter(([, { proposal }]) => proposal === null));
    const group = groupOf(by, placed.dso);
    const proposed = { placed, decided, heldBack, rule: found.rule };
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

/** What the branch of a group holds. @throws ProductError where a file is not ours to write */
export async function composeGroup(
  { destinations }: Branch,
  dsos: readonly ProposedDso[],
  repository: Repository,
  templates: Templates,
): Promise<Pick<Composition, 'files' | 'message'>> {
  const compositions: Composition[] = [];
  for (const destination of destinations) {
    const { id } = destination;
    const here = dsos.filter(({ decided, heldBack }) => decided.changes.has(id) && !heldBack.has(id));
    const { composition, refusals } = await compose(destination, here, repository, templates);
    const [refusal] = refusals;
    if (refusal) throw refusal;
    if (composition) compositions.push(composition);
  }
  return joined(compositions, templates);
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
