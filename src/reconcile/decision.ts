import type { Dso, DsoMember } from '../api/effective.ts';
import type { Evaluation } from '../demand/evaluate.ts';
import type { Reading } from '../demand/reading.ts';
import type { ChangeSet } from '../manifests/change-set.ts';
import type { LayoutSettings } from '../manifests/layout.ts';
import type { DsoState } from '../manifests/record.ts';
import type { Templates } from '../manifests/template.ts';
import type { SplitResult } from '../split/split.ts';
import type { Landed, LandedRecord } from './landed.ts';

/** One member with the destination that its overlay goes to. */
export interface PlacedMember extends DsoMember {
  readonly destination: PlacedDestination;
}

/** The part of a destination that a decision depends on. */
export interface PlacedDestination extends LayoutSettings {
  readonly id: string;
}

/** A reading with where it came from. */
export interface SourcedReading {
  /** For people, for instance `ConfigMap default/dso-mock-metric key "metric-value"`. */
  readonly source: string;
  readonly reading: Reading;
}

/** Settings of the installation that a decision depends on. */
export interface DecideConfiguration {
  readonly owner: string;
  readonly firstSight: 'wait' | 'write';
  readonly replicasPath: string;
  readonly templates: Templates;
}

/** Who begins or ends a hold, and why. */
export interface PersonsWord {
  readonly by: string;
  readonly reason: string;
}

/** All that a decision depends on. */
export interface DecideInput {
  readonly dso: Dso;
  /** Sorted or not, at least one. The first destination of the configuration among them is home. */
  readonly members: readonly PlacedMember[];
  readonly home: PlacedDestination;
  readonly configuration: DecideConfiguration;
  /** By trigger id; every trigger has one. */
  readonly readings: ReadonlyMap<string, SourcedReading>;
  /** By destination id; absent: it cannot be read now. Home is always there. */
  readonly landed: ReadonlyMap<string, Landed>;
  readonly state: DsoState | null;
  /** The highest number that a record is known to have had, beside what the state says; by destination id. */
  readonly highest: ReadonlyMap<string, number>;
  /** What moved the total since the last record, where that was not delivered yet; only for the reason in words. */
  readonly earlier: readonly Evaluation[];
  /** A total given by a person for the first sight of this DSO; null: none. */
  readonly adopt: number | null;
  /** A person ends the hold: what is committed is where it goes on from. */
  readonly isResumed: boolean;
  /** What a person says now about a hold; null: nothing. */
  readonly person: PersonsWord | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What happens with a DSO. */
export type Verdict =
  /** Something is to be written. */
  | { readonly kind: 'change' }
  /** Nothing is to be written. */
  | { readonly kind: 'same' }
  /** Nothing is written; `reason` is stable, `message` says what to do. */
  | { readonly kind: 'wait' | 'stalled'; readonly reason: string; readonly message: string }
  /** A person said no in Git, or to a pull request. */
  | HeldVerdict;

/** Where a person said no. */
export interface HeldVerdict {
  readonly kind: 'held';
  readonly reason: string;
  readonly message: string;
  /** The file that is not as the last decision left it; empty: it is about no file. */
  readonly path: string;
  readonly destinationId: string;
  /** The commit that did it; null: it is not known. */
  readonly commit: string | null;
  /** No commit of its own did it: looking for one again finds none. */
  readonly isNameless?: boolean;
}

/** What one destination gets. */
export interface DestinationChange {
  readonly files: ChangeSet;
  /** Members whose overlay is among the files. */
  readonly written: readonly string[];
  /** Members that had no overlay before, or whose index left it out. */
  readonly added: readonly string[];
}

/** A decision: what is to be written, what is to be remembered, and every number that led there. */
export interface Decided {
  readonly verdict: Verdict;
  /** What is to be remembered as long as nothing is delivered; null: nothing is known of the DSO yet. */
  readonly state: DsoState | null;
  /** What is to be remembered once home has the new record; null: there is none. */
  readonly landedState: DsoState | null;
  /** The state must be saved even when nothing is written: replaying the old one would not lead here. */
  readonly isStateNews: boolean;
  readonly evaluations: readonly Evaluation[];
  readonly split: SplitResult | null;
  /** Committed counts by member before this decision; null: none. */
  readonly committed: ReadonlyMap<string, number | null>;
  /** The new record; null: none. */
  readonly record: LandedRecord | null;
  /** By destination id. */
  readonly changes: ReadonlyMap<string, DestinationChange>;
  /** The next instant at which the same readings may give another total, epoch milliseconds. */
  readonly deadline: number | null;
}
