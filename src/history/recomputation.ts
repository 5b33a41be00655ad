import type { DecisionRecord } from '../manifests/record.ts';

/** What stood in one destination when a decision was made. */
export interface Standing {
  /** The record that the decision replaced; null: none. */
  readonly prior: DecisionRecord | null;
  /** The record that stood in this destination: an older one where it had been behind; null: none. */
  readonly here: { readonly id: string; readonly record: DecisionRecord | null } | null;
  /** A person's explicit no; null: there was none. */
  readonly hold: { readonly by: string; readonly reason: string } | null;
  /** Members whose index was removed: nothing listed their overlays. */
  readonly unlisted: ReadonlySet<string>;
  /** Text of the overlay by member, null: there was none. Members of other destinations are not in it. */
  readonly overlays: ReadonlyMap<string, string | null>;
  /** The same after the decision. */
  readonly written: ReadonlyMap<string, string | null>;
}

/** A decision that was made again. */
export interface Recomputed {
  /** null: nothing would have been written. */
  readonly record: DecisionRecord | null;
  /** Why nothing would have been written. */
  readonly refusal: string;
  /** It began from what was there: at first sight, or where a person ended a hold. */
  readonly isAnew: boolean;
  /** The total moved in this very decision; else the reason is about an earlier evaluation. */
  readonly hasMoved: boolean;
  /** Content of each overlay by member. */
  readonly overlays: ReadonlyMap<string, string>;
}

/**
 * Makes a decision again from what its record says it was made from. A record does not say whether a person ended a hold just
 * then, so there may be several answers, the likeliest first.
 *
 * @param root directory that everything of the destination is below
 */
export type Recompute = (record: DecisionRecord, standing: Standing, root: string) => Iterable<Recomputed>;
