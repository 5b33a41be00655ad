import type { Revision } from './decision-history.ts';
import type { Finding } from './finding.ts';
import { Inspection } from './inspection.ts';
import { lostOf, skippedOf } from './lost.ts';
import { othersOf } from './others.ts';
import type { Recompute } from './recomputation.ts';

/** The past of one destination. */
export interface Place {
  /** For people. */
  readonly repository: string;
  /** Directory that everything of it is below. */
  readonly root: string;
  /** Every version of the files below the root, the newest first. */
  readonly revisions: readonly Revision[];
  /** Commits whose findings count; null: all. */
  readonly counted: ReadonlySet<string> | null;
  /** The last decision that is remembered beside the branch, by path of its record. */
  readonly remembered: ReadonlyMap<string, number>;
}

/** What a person did by right: told, and no finding. */
export type PersonsChange = Pick<Finding, 'path' | 'commit' | 'author'>;

/** The same path and commit can be in several. */
type In<T> = T & { readonly repository: string };

/** What a check of the past came to. */
export interface Verification {
  readonly findings: readonly In<Finding>[];
  /** Findings in commits that somebody has looked at before. */
  readonly accepted: number;
  /** Decisions that were made again. */
  readonly recomputed: number;
  /** Decisions of other rules: nothing is said about their numbers. */
  readonly notRecomputed: number;
  /** Commits that put an older record back. */
  readonly reverts: readonly In<PersonsChange>[];
  /** Commits that removed a record and all that it had set: a release, or a revert of the first decision. */
  readonly removed: readonly In<PersonsChange>[];
  /** Hand edits that a decision began anew from, because a person ended the hold by `resume`. */
  readonly resumed: readonly In<PersonsChange>[];
}

/**
 * Makes every decision again, checks that each record follows the one before, and that every overlay is what the record beside
 * it says. Proves that they agree with each other, not who wrote them.
 *
 * @param isPart other destinations cannot be read: what only they can tell is no finding
 */
export function verify(places: readonly Place[], recompute: Recompute, isPart = false): Verification {
  const others = othersOf(places, isPart);
  const skipped = isPart ? new Map<Place, readonly Finding[]>() : skippedOf(places);
  const all = places.map((place) => {
    const { repository, root, revisions, counted } = place;
    const inspected = new Inspection(root, recompute, others).inspect(revisions);
    const here = <T>(things: readonly T[]): readonly In<T>[] => things.map((one) => ({ ...one, repository }));
    const inCommits = [...inspected.findings, ...(skipped.get(place) ?? [])];
    const findings = inCommits.filter(({ commit }) => counted?.has(commit) !== false);
    const accepted = inCommits.length - findings.length;
    return {
      ...inspected,
      findings: here([...findings, ...lostOf(place)]),
      accepted,
      reverts: here(inspected.reverts),
      removed: here(inspected.removed),
      resumed: here(inspected.resumed),
    };
  });
  return {
    findings: all.flatMap(({ findings }) => findings),
    accepted: all.reduce((sum, { accepted }) => sum + accepted, 0),
    recomputed: all.reduce((sum, { recomputed }) => sum + recomputed, 0),
    notRecomputed: all.reduce((sum, { notRecomputed }) => sum + notRecomputed, 0),
    reverts: all.flatMap(({ reverts }) => reverts),
    removed: all.flatMap(({ removed }) => removed),
    resumed: all.flatMap(({ resumed }) => resumed),
  };
}
