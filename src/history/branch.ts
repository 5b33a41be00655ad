import { blobId } from '../manifests/blob.ts';
import { type DecisionRecord, parseRecord } from '../manifests/record.ts';
import { setsNothing } from '../manifests/sets-nothing.ts';
import type { Revision } from './decision-history.ts';

/** A file as it stands. */
export interface StandingFile {
  readonly text: string;
  readonly id: string;
  readonly isPlain: boolean;
  /** null: it is none, or one that cannot be read. */
  readonly record: DecisionRecord | null;
}

/** What a branch holds below a root while its commits are gone through, the oldest first. */
export class Branch {
  readonly #files = new Map<string, StandingFile | null>();
  readonly #texts = new Map<string, string>();
  /** What the last records say of paths: blob by path, by path of the record. */
  readonly #named = new Map<string, ReadonlyMap<string, string>>();
  readonly #owners = new Map<string, string>();
  readonly #everNamed = new Set<string>();
  /** Paths of the standing records that scale a workload of a member. */
  readonly #claims = new Map<string, Set<string>>();

  /** What stands at a path; null: it was removed; undefined: there never was anything. */
  at(path: string): StandingFile | null | undefined {
    return this.#files.get(path);
  }

  /** The text of a blob that was anywhere until now. */
  textOf(id: string): string | undefined {
    return this.#texts.get(id);
  }

  /** Whether anything stands below a directory. */
  hasBelow(directory: string): boolean {
    if (this.#files.get(`${directory}/kustomization.yaml`)) return true;
    return [...this.#files].some(([path, file]) => file !== null && path.startsWith(`${directory}/`));
  }

  /** Whether a change is one: against one parent of a merge it need not be one against what stands. */
  isNews({ path, text, isPlain }: Revision): boolean {
    const file = this.#files.get(path) ?? null;
    return (file?.text ?? null) !== text || (file !== null && file.isPlain !== isPlain);
  }

  /**
   * Takes one change; of one commit records come after all others. What a record wanted is wanted until there is another one, or
   * until nothing of it is left.
   *
   * @param record what it is, if it is a record
   */
  apply({ path, text, isPlain }: Revision, record: DecisionRecord | null): void {
    const before = this.#files.get(path)?.record;
    if (before) for (const claim of claimsOf(before)) this.#claims.get(claim)?.delete(path);
    const id = text === null ? null : blobId(text);
    this.#files.set(path, text === null || id === null ? null : { text, id, isPlain, record });
    if (text !== null && id !== null) this.#texts.set(id, text);
    if (!record && (text !== null || this.leftBy(path).length > 0)) return;
    for (const overlay of this.#named.get(path)?.keys() ?? [])
      if (this.#owners.get(overlay) === path) this.#owners.delete(overlay);
    this.#named.delete(path);
    if (!record) return;
    const named = new Map(Object.values(record.members).map((member) => [member.path, member.overlay]));
    this.#named.set(path, named);
    for (const overlay of named.keys()) {
      this.#owners.set(overlay, path);
      this.#everNamed.add(overlay);
    }
    for (const claim of claimsOf(record)) this.#claims.set(claim, (this.#claims.get(claim) ?? new Set()).add(path));
  }

  /** The blob that the last record wants at a path; undefined: none says anything of it. */
  wanted(path: string): string | undefined {
    return this.#named.get(this.ownerOf(path) ?? '')?.get(path);
  }

  /** Path of the record that says what is to be at a path; undefined: none does. */
  ownerOf(path: string): string | undefined {
    return this.#owners.get(path);
  }

  /** Paths that the last record at a path names. */
  namedBy(path: string): readonly string[] {
    return [...(this.#named.get(path)?.keys() ?? [])];
  }

  /** Those of them where something still sets a count. */
  leftBy(path: string): readonly string[] {
    return this.namedBy(path).filter((overlay) => {
      const file = this.#files.get(overlay);
      return file && !setsNothing(overlay, file.text);
    });
  }

  /** Whether anything was decided until now. */
  get hasRecords(): boolean {
    return this.#everNamed.size > 0;
  }

  /** Whether any record until now named a path. */
  isEverNamed(path: string): boolean {
    return this.#everNamed.has(path);
  }

  /** Path of another standing record that scales a workload of this one; undefined: there is none. */
  rivalOf(path: string, record: DecisionRecord): string | undefined {
    return claimsOf(record)
      .flatMap((claim) => [...(this.#claims.get(claim) ?? [])])
      .find((other) => other !== path);
  }
}

/** The workloads of a record, one for each member. */
function claimsOf({ target: { group, kind, name }, members }: DecisionRecord): readonly string[] {
  return Object.entries(members).map(([member, { targetNamespace }]) => {
    return [group, kind, name, member, targetNamespace].join(' ');
  });
}

/** A record from a version of it; null: there is none, or it cannot be read. */
export function recordOf({ text, isPlain }: Pick<Revision, 'text' | 'isPlain'>): DecisionRecord | null {
  return text === null || !isPlain ? null : parseRecord(text);
}

/** Versions by commit, the oldest first; what a merge changed against several of its parents once. */
export function commitsOf(revisions: readonly Revision[]): readonly (readonly Revision[])[] {
  const commits: { readonly commit: string; readonly byPath: Map<string, Revision> }[] = [];
  for (const revision of revisions.toReversed()) {
    const { commit, path } = revision;
    const last = commits.at(-1);
    if (last?.commit !== commit) {
      commits.push({ commit, byPath: new Map([[path, revision]]) });
      continue;
    }
    const against = last.byPath.get(path);
    last.byPath.set(path, { ...revision, replaced: [...(against?.replaced ?? []), ...revision.replaced] });
  }
  return commits.map(({ byPath }) => [...byPath.values()]);
}
