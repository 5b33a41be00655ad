import { blobId } from '../manifests/blob.ts';
import { sequenceIn } from '../manifests/record.ts';
import { type Finding, found } from './finding.ts';
import type { Place } from './verify.ts';

/** Decisions that landed in a place and are in no commit any more: the branch was set back, or made anew. */
export function lostOf({ revisions, remembered }: Place): readonly Finding[] {
  const highest = new Map<string, number>();
  for (const { path, text } of revisions) {
    if (!remembered.has(path)) continue;
    highest.set(path, Math.max(sequenceIn(text ?? ''), highest.get(path) ?? 0));
  }
  return [...remembered].flatMap(([path, seq]) => {
    const known = highest.get(path) ?? 0;
    if (known >= seq) return [];
    const message = `decision ${seq} has landed here and is in no commit of the branch, ${known === 0 ? 'nor is any other' : `the last one there is ${known}`}: the branch was set back, or made anew`;
    return [found({ path, commit: '', author: '' }, 'LostDecision', message)];
  });
}

/**
 * The same of decisions that nobody remembers any more, as a person went on without them: a decision follows one by a number that
 * is not the next, and no place has those between. A place that was behind lacks what others have.
 *
 * @returns findings by place
 */
export function skippedOf(places: readonly Place[]): ReadonlyMap<Place, readonly Finding[]> {
  const numbers = new Map<string, Set<number>>();
  for (const { root, revisions } of places)
    for (const { path, text } of revisions) {
      const [seq, place] = [sequenceIn(text ?? ''), path.slice(root.length)];
      if (seq > 0) numbers.set(place, (numbers.get(place) ?? new Set()).add(seq));
    }
  const told = new Set<string>();
  return new Map(
    places.map((place) => {
      const standing = new Map<string, string | null>();
      const findings = place.revisions.toReversed().flatMap((revision) => {
        const { path, text } = revision;
        const before = standing.get(path) ?? '';
        standing.set(path, text);
        const [first, next] = [sequenceIn(before) + 1, sequenceIn(text ?? '')];
        if (first === 1 || next <= first) return [];
        const known = numbers.get(path.slice(place.root.length));
        const lost = Array.from({ length: Math.min(next - first, MAX_SKIPPED) }, (_, index) => first + index).filter(
          (seq) => !known?.has(seq),
        );
        const id = `${path.slice(place.root.length)} ${next}`;
        // Where it does not follow at all, that is said already.
        if (lost.length === 0 || told.has(id) || previousIn(text ?? '') !== blobId(before)) return [];
        told.add(id);
        const which = lost.length === 1 ? `decision ${lost[0]} is` : `${lost.length} decisions from ${lost[0]} on are`;
        const message = `${which} in no commit: the branch was set back, or made anew, before decision ${next}`;
        return [found(revision, 'LostDecision', message)];
      });
      return [place, findings];
    }),
  );
}

/** More numbers than these are not looked for. */
const MAX_SKIPPED = 1000;

/** The blob that a record says it replaced, from its text alone; null: none. */
function previousIn(text: string): string | null {
  return /^previous: "?([0-9a-f]{40,64})"?$/m.exec(text)?.[1] ?? null;
}
