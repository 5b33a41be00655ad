import { blobId } from '../manifests/blob.ts';
import { previousIn, sequenceIn } from '../manifests/record.ts';
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

/** More numbers than these are not looked for. */
const MAX_SKIPPED = 1000;

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
      const [seq, where] = [sequenceIn(text ?? ''), path.slice(root.length)];
      if (seq > 0) numbers.set(where, (numbers.get(where) ?? new Set()).add(seq));
    }
  const told = new Set<string>();
  return new Map(
    places.map((place) => {
      const standing = new Map<string, string | null>();
      const findings = place.revisions.toReversed().flatMap((revision) => {
        const [before, text] = [standing.get(revision.path) ?? '', revision.text ?? ''];
        standing.set(revision.path, revision.text);
        const where = revision.path.slice(place.root.length);
        const [lost, next] = [skipped(before, text, numbers.get(where)), sequenceIn(text)];
        if (lost.length === 0 || told.has(`${where} ${next}`)) return [];
        told.add(`${where} ${next}`);
        const which = lost.length === 1 ? `decision ${lost[0]} is` : `${lost.length} decisions from ${lost[0]} on are`;
        const message = `${which} in no commit: the branch was set back, or made anew, before decision ${next}`;
        return [found(revision, 'LostDecision', message)];
      });
      return [place, findings];
    }),
  );
}

/** Numbers between a record and the one that follows it which are not known; where it does not follow, that is said already. */
function skipped(before: string, text: string, known: ReadonlySet<number> | undefined): readonly number[] {
  const [last, next] = [sequenceIn(before), sequenceIn(text)];
  if (last === 0 || next <= last + 1 || previousIn(text) !== blobId(before)) return [];
  const between = Array.from({ length: Math.min(next - last - 1, MAX_SKIPPED) }, (_, index) => last + 1 + index);
  return between.filter((seq) => !known?.has(seq));
}
