import type { DecisionRecord } from '../manifests/record.ts';

/** What the tip of a destination's branch holds of one DSO. */
export interface Landed {
  /** null: none, or one that cannot be read. */
  readonly record: DecisionRecord | null;
  /** Blob id; null: there is no file. */
  readonly recordId: string | null;
  /** A person's explicit no; null: there is none. Only at home. */
  readonly hold: { readonly by: string; readonly reason: string } | null;
  /** By member. */
  readonly overlays: ReadonlyMap<string, LandedOverlay>;
}

/** One overlay at the tip. */
export interface LandedOverlay {
  /** Blob id; null: there is no file. */
  readonly id: string | null;
  /** The count in it; null: none, or not asked. Needed only where no record tells it. */
  readonly count: number | null;
  /** It was asked and is none of ours: nobody knows what the member runs by it. */
  readonly isUnreadable: boolean;
}

/** Whether the overlay of a member is another one than the record beside it names. */
export function isChangedByHand(name: string, landed: Landed | undefined): boolean {
  const written = landed?.record?.members[name]?.overlay;
  const id = landed?.overlays.get(name)?.id;
  return written !== undefined && id != null && id !== written;
}
