import { blobId } from '../manifests/blob.ts';
import { parseIndex } from '../manifests/layout.ts';
import { setsNothing } from '../manifests/sets-nothing.ts';
import type { Branch } from './branch.ts';
import type { Revision } from './decision-history.ts';
import { type Finding, found } from './finding.ts';
import { indexBeside } from './index-beside.ts';
import { type IndexProblem, indexProblems } from './index-problem.ts';
import type { PersonsChange } from './verify.ts';

const REMOVED = 'was removed by hand';

/** Changes of overlays and of what stands beside them that no decision made. */
export class HandEdits {
  readonly #branch: Branch;
  /** What no decision came after yet, by path. */
  readonly #open = new Map<string, Finding[]>();
  /** The same where no record named the path until then: its first decision may begin from it. */
  readonly #early = new Map<string, Finding[]>();
  /** Files of the user that were there before anything was decided. */
  readonly #own = new Set<string>();
  readonly #resumed: PersonsChange[] = [];
  /** Removals of what no record names, by path, that left it in an index. */
  readonly #removed = new Map<string, Finding>();
  /** Of indexes, by path and the name that is left out. */
  readonly #indexes = new Map<string, Finding[]>();

  constructor(branch: Branch) {
    this.#branch = branch;
  }

  /** Hand edits that were ended by right. */
  get resumed(): readonly PersonsChange[] {
    return this.#resumed;
  }

  /** Those that no decision came after. */
  standing(): readonly Finding[] {
    const removed = [...this.#removed.values()].filter(({ path }) => this.#indexThatMisses(path) !== null);
    const edits = [...this.#open.values(), ...this.#early.values(), ...this.#indexes.values(), removed].flat();
    return edits.map((edit) => {
      const index = edit.message === REMOVED ? this.#indexThatMisses(edit.path) : null;
      return index === null ? edit : { ...edit, message: `${REMOVED}, and ${index} lists it: nothing there builds` };
    });
  }

  /** Looks at a change when its commit is applied. @param before the text it replaced, null: there was none */
  inspect(revision: Revision, before: string | null): void {
    const { path } = revision;
    const wanted = this.#branch.wanted(path);
    if (wanted !== undefined) {
      const problem = overlayProblem(revision, wanted);
      if (problem !== null) put(this.#open, found(revision, 'HandEdit', problem));
      return;
    }
    const problems = this.#indexProblems(revision, before);
    for (const { message, missing } of problems ?? [])
      put(this.#indexes, found(revision, 'HandEdit', message), `${path} ${missing ?? ''}`);
    if (problems !== undefined) return;
    if (revision.text === null && this.#indexThatMisses(path) !== null) {
      this.#early.delete(path);
      this.#removed.set(path, found(revision, 'HandEdit', REMOVED));
    }
    if (isHarmless(revision)) return;
    if (!this.#branch.hasRecords) this.#own.add(path);
    if (this.#isOwn(path)) return;
    const message = revision.isPlain
      ? 'was changed by hand: no record names this content'
      : 'was changed by hand: it is not a plain file';
    put(this.#branch.isEverNamed(path) ? this.#open : this.#early, found(revision, 'HandEdit', message));
  }

  /**
   * A decision takes over the edits of its overlays, where it begins from what is there, or has overwritten them. What was there
   * before anything was decided about an overlay is no edit.
   *
   * @param isAnew it begins from what is there by right
   * @param resumed the name of the DSO where a person has ended a hold of it: it is listed again; null: nobody did
   * @returns findings that stay
   */
  end(paths: readonly string[], isAnew: boolean, resumed: string | null): readonly Finding[] {
    const edits = paths.flatMap((path) => this.#open.get(path) ?? []);
    for (const path of paths) {
      this.#open.delete(path);
      this.#early.delete(path);
    }
    if (!isAnew) return edits;
    for (const index of resumed === null ? [] : new Set(paths.map(indexBeside))) {
      edits.push(...(this.#indexes.get(`${index} ${resumed}`) ?? []));
      this.#indexes.delete(`${index} ${resumed}`);
    }
    this.#resumed.push(...edits.map(({ path, commit, author }) => ({ path, commit, author })));
    return [];
  }

  #indexProblems({ path, text, isPlain }: Revision, before: string | null): readonly IndexProblem[] | undefined {
    const slash = path.lastIndexOf('/');
    const [directory, file] = [path.slice(0, slash), path.slice(slash + 1)];
    const problems = indexProblems(before, text, {
      // One that is made anew lists all that lies there, also what is the user's.
      isThere: (name) =>
        this.#branch.hasBelow(`${directory}/${name}`) &&
        (before === null || !this.#isOwn(`${directory}/${name}/${file}`)),
      isActing: (name) => {
        const overlay = `${directory}/${name}/${file}`;
        const standing = this.#branch.at(overlay);
        return standing ? !setsNothing(overlay, standing.text) : false;
      },
    });
    if (problems?.length !== 0 || text === null || isPlain) return problems;
    return [{ message: 'was changed by hand: it is not a plain file', missing: null }];
  }

  /** The index that lists an overlay which is not there any more; null: none does. */
  #indexThatMisses(overlay: string): string | null {
    if (this.#branch.at(overlay) !== null) return null;
    const index = indexBeside(overlay);
    const name = overlay.split('/').at(-2) ?? '';
    return parseIndex(this.#branch.at(index)?.text ?? '')?.includes(name) ? index : null;
  }

  #isOwn(path: string): boolean {
    return this.#own.has(path) && !this.#branch.isEverNamed(path);
  }
}

/** Beside a record an overlay is what the record says. */
function overlayProblem({ text, isPlain }: Revision, wanted: string): string | null {
  if (text === null) return REMOVED;
  if (blobId(text) !== wanted) return 'was changed by hand: it is not what the record says';
  return isPlain ? null : 'was changed by hand: it is not a plain file';
}

/** Without a record an overlay may wait to be wired, or be given back. */
function isHarmless({ path, text, isPlain }: Revision): boolean {
  return text === null || (isPlain && setsNothing(path, text));
}

function put(edits: Map<string, Finding[]>, finding: Finding, at = finding.path): void {
  edits.set(at, [...(edits.get(at) ?? []), finding]);
}
