import type { EffectiveDso } from '../api/effective.ts';
import type { LocatedProblem } from '../api/problem.ts';
import type { ObjectLookup } from '../triggers/hub-object.ts';

/** One DistributedScaledObject of the hub, good or bad. */
export interface HubDso {
  /** `namespace/name`, cleaned for printing where it is not a valid one. */
  readonly key: string;
  /** `file:line`, or what names it in the API. */
  readonly where: string;
  readonly effective: EffectiveDso;
  readonly locate: (path: LocatedProblem['path']) => string;
}

/** The hub at one moment. */
export interface HubSnapshot {
  /** Sorted by key. */
  readonly dsos: readonly HubDso[];
  readonly lookup: ObjectLookup;
  /** What cannot be read at all, such as a broken file. */
  readonly problems: readonly LocatedProblem[];
}

/** Where DSOs and trigger objects come from. */
export interface Hub {
  /** @throws ProductError when the source as a whole cannot be read; then nothing may change */
  read(): Promise<HubSnapshot>;
}
