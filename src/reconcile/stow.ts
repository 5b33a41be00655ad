import { type ChangeSet, idOf, type Stored } from '../manifests/change-set.ts';
import type { Branch } from './branch.ts';
import type { Connections } from './connections.ts';
import type { DestinationChange } from './decision.ts';
import type { KnownRecords } from './known-records.ts';
import type { DsoOutcome } from './outcome.ts';
import { recordPathAt } from './place.ts';
import type { Repository } from './repository.ts';
import { NEXT_PUSH, UNDER_WAY, type Waiting } from './waiting.ts';

/** Where the parts for one branch go. */
interface Place {
  readonly repository: Repository | null;
  /** Why they go nowhere; null: they do. */
  readonly waiting: Waiting | null;
}

/** What goes to one destination. */
interface Part {
  /** Git stores each file as its difference from the one before: like goes beside like. */
  readonly overlays: Set<string>;
  readonly records: Set<string>;
  readonly files: ChangeSet[];
}

/**
 * Brings what is decided for a part of a fleet into the repositories while the rest is still decided: the texts of a whole
 * fleet are never there at once, and Git works beside.
 */
export class Stow {
  readonly #connections: Connections;
  readonly #records: KnownRecords;
  readonly #waitsFor: (branch: Branch) => Waiting | null;
  /** What was found when the first part came, and holds for all of them: what is left out of one cannot be pushed. */
  readonly #places = new Map<Branch, Place>();

  /** @param waitsFor why a branch cannot be pushed to now; null: it can */
  constructor(connections: Connections, records: KnownRecords, waitsFor: (branch: Branch) => Waiting | null) {
    this.#connections = connections;
    this.#records = records;
    this.#waitsFor = waitsFor;
  }

  /** Whether an earlier push to a branch is told now, so that nothing is pushed to it before the next tick. */
  isNext(branch: Branch): boolean {
    return this.#waitsFor(branch) === NEXT_PUSH;
  }

  /** The same outcomes without the texts. Those of a destination that cannot be pushed to are decided again later. */
  async take(outcomes: readonly DsoOutcome[]): Promise<readonly DsoOutcome[]> {
    const parts = new Map<string, Part>();
    const light = outcomes.map((outcome) => withoutTexts(outcome, parts));
    for (const [id, { overlays, records, files }] of parts) {
      const branch = this.#connections.branch(id);
      const { repository } = this.#placeOf(branch);
      if (!repository || this.leftOut(branch)) continue;
      for (const { key, placed, decided } of light)
        if (placed?.home.id === id && decided?.record) this.#records.forget(key);
      await repository.draft([...overlays, ...records], files);
    }
    return light;
  }

  /** Waits for Git. */
  async end(): Promise<void> {
    for (const { repository, waiting } of this.#places.values()) if (!waiting) await repository?.endDraft();
  }

  /** Why what was taken is not pushed to a branch, though it may be free by now; null: nothing is against it. */
  leftOut(branch: Branch): Waiting | null {
    const place = this.#places.get(branch);
    if (!place) return null;
    return place.waiting ?? (place.repository === branch.repository ? null : UNDER_WAY.read);
  }

  #placeOf(branch: Branch): Place {
    const known = this.#places.get(branch);
    if (known) return known;
    const place = { repository: branch.repository, waiting: this.#waitsFor(branch) };
    this.#places.set(branch, place);
    return place;
  }
}

/** @param parts get what is left out, by destination id */
function withoutTexts(outcome: DsoOutcome, parts: Map<string, Part>): DsoOutcome {
  const { placed, decided, routing } = outcome;
  // A person's word is read again when it is composed.
  if (!placed || !decided?.record) return outcome;
  const changes = new Map<string, DestinationChange>();
  const { record } = decided;
  // The ids that the record has: what is equal is kept once.
  const ids = new Map(Object.values(record.members).map(({ overlay }, index) => [record.paths[index] ?? '', overlay]));
  for (const [id, change] of decided.changes) {
    // What is proposed is composed by itself.
    if (routing.heldBack.get(id)?.proposal) {
      changes.set(id, change);
      continue;
    }
    const here = parts.get(id) ?? { overlays: new Set(), records: new Set(), files: [] };
    ids.set(recordPathAt(placed, id), record.id);
    const files = storedFiles(change.files, ids, record.id, here);
    if (!routing.heldBack.has(id)) {
      parts.set(id, here);
      here.files.push(files);
    }
    changes.set(id, { ...change, files });
  }
  return { ...outcome, decided: { ...decided, changes } };
}

function storedFiles(
  files: ChangeSet,
  ids: ReadonlyMap<string, string>,
  recordId: string,
  { overlays, records }: Part,
): ChangeSet {
  // Many members have the same text.
  const known = new Map<string, Stored>();
  const stored = new Map<string, Stored | null>();
  for (const [path, content] of files) {
    if (typeof content !== 'string') {
      stored.set(path, content);
      continue;
    }
    const one = known.get(content) ?? { id: ids.get(path) ?? idOf(content) };
    (one.id === recordId ? records : overlays).add(content);
    known.set(content, one);
    stored.set(path, one);
  }
  return stored;
}
