import { blobId } from '../manifests/blob.ts';
import { type DecisionRecord, parseRecord } from '../manifests/record.ts';
import type { Revision } from './decision-history.ts';

/** A file as it stands. */
export interface StandingFile {
  readonly text: string;
  readonly id: string;
  /** null: it is none, or one that cannot be read. */
  readonly record: DecisionRecord | null;
}

/** What a branch holds below a root while its commits are gone through, the oldest first. */
export class Branch {
  readonly #files = new Map<string, StandingFile | null>();
  /** What the standing records say of paths: blob by path, by path of the record. */
  readonly #named = new Map<string, ReadonlyMap<string, string>>();
  readonly #owners = new Map<string, string>();
  readonly #recorded = new Set<string>();

  /** What stands at a path; null: it was removed; undefined: there never was anything. */
  at(path: string): StandingFile | null | undefined {
    return this.#files.get(path);
  }

  /** Whether a change is one: against one parent of a merge it need not be one against what stands. */
  isNews({ path, text }: Revision): boolean {
    return (this.#files.get(path)?.text ?? null) !== text;
  }

  /** Takes one change. @param record what it is, if it is a record */
  apply({ path, text }: Revision, record: DecisionRecord | null): void {
    this.#files.set(path, text === null ? null : { text, id: blobId(text), record });
    for (const overlay of this.#named.get(path)?.keys() ?? [])
      if (this.#owners.get(overlay) === path) this.#owners.delete(overlay);
    this.#named.delete(path);
    if (!record) return;
    const named = new Map(Object.values(record.members).map((member) => [member.path, member.overlay]));
    this.#named.set(path, named);
    for (const [overlay, id] of named) {
      this.#owners.set(overlay, path);
      this.#recorded.add(`${overlay} ${id}`);
    }
  }

  /** The blob that the record that stands now wants at a path; undefined: none says anything of it. */
  wanted(path: string): string | undefined {
    return this.#named.get(this.#owners.get(path) ?? '')?.get(path);
  }

  /** Whether any record until now gave a path this content. */
  isRecorded(path: string, id: string): boolean {
    return this.#recorded.has(`${path} ${id}`);
  }
}

/** A record from a version of it; null: there is none, or it cannot be read. */
export function recordOf({ text }: Pick<Revision, 'text'>): DecisionRecord | null {
  return text === null ? null : parseRecord(text);
}

/** Versions by commit, the oldest first; what a merge changed against several of its parents once. */
export function commitsOf(revisions: readonly Revision[]): readonly (readonly Revision[])[] {
  const commits: { readonly commit: string; readonly byPath: Map<string, Revision> }[] = [];
  for (const revision of revisions.toReversed()) {
    const { commit, path } = revision;
    const last = commits.at(-1);
    if (last?.commit === commit) last.byPath.set(path, revision);
    else commits.push({ commit, byPath: new Map([[path, revision]]) });
  }
  return commits.map(({ byPath }) => [...byPath.values()]);
}
