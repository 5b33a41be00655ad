import type { EffectiveDso } from '../api/effective.ts';
import type { LocatedProblem } from '../api/problem.ts';
import type { ProductError } from '../errors.ts';
import type { HubObject, ObjectLookup } from '../triggers/hub-object.ts';
import type { Packed } from './packed.ts';

/** One DistributedScaledObject of the hub, good or bad. */
export interface HubDso {
  /** `namespace/name`, cleaned for printing where it is not a valid one. */
  readonly key: string;
  /** `file:line`, or what names it in the API. */
  readonly where: string;
  readonly effective: EffectiveDso;
  readonly locate: (path: LocatedProblem['path']) => string;
  /** null: it comes from a file. */
  readonly stored: StoredDso | null;
  /** Its subresource scale; null: it says nothing. */
  readonly scale: HubObject | null;
}

/** What the API server adds to a DSO. */
export interface StoredDso {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  /** As it is in the API, whoever wrote it. */
  readonly status: Packed;
  /** The commit that the status names; null: none. */
  readonly lastCommit: string | null;
  /** `spec.totalTargetReplicas`, whoever wrote it. */
  readonly replicas: number;
  /** The subresource scale; 0 also where nobody ever wrote it. null: somebody wrote it in another way. */
  readonly scale: number | null;
  /** Who said the total, as the status says; null: it does not. */
  readonly engine: string | null;
  /** The number in it that counted last, as the status says; null: none did. */
  readonly counted: number | null;
  /** Annotation `dso-gitops.dev/requestedAt`: evaluate now; null: none. */
  readonly requestedAt: string | null;
  /** It waits for its finalizers. */
  readonly isBeingDeleted: boolean;
  /** Who else wrote the status; null: nobody. */
  readonly foreignWriter: ForeignWriter | null;
}

/** Another field manager on the status of a DSO. */
export interface ForeignWriter {
  readonly manager: string;
  /** When it wrote last, as the API server says it. */
  readonly time: string;
  /** A person said that it is switched off: what it left is taken over. */
  readonly isTakenOver: boolean;
  /** Why what a person said about it does not count; null: it does, or nothing was said. */
  readonly problem: string | null;
}

/** Where a problem is that is about the hub as a whole. */
export const HUB = 'hub';

/** The hub at one moment. */
export interface HubSnapshot {
  /** Sorted by key. */
  readonly dsos: readonly HubDso[];
  readonly lookup: ObjectLookup;
  /** Member clusters that are registered in the hub, or why they cannot be told; null: the configuration names them. */
  readonly members: readonly string[] | ProductError | null;
  /** What cannot be read at all, such as a broken file. */
  readonly problems: readonly LocatedProblem[];
}

/** Where DSOs and trigger objects come from. */
export interface Hub {
  /** What must be remembered is kept in the status of the DSOs; false: beside the branches. */
  readonly keepsState: boolean;
  /** @throws ProductError when the source as a whole cannot be read, and at once where the signal ends it; then nothing may change */
  read(signal: AbortSignal): Promise<HubSnapshot>;
}
