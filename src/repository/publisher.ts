import { asProductError, ProductError } from '../errors.ts';
import type { ChangeSet } from '../manifests/change-set.ts';
import type { ProposedCommit, Publication, Published } from '../reconcile/repository.ts';
import type { CommitWriter, NewCommit } from './commit-writer.ts';
import type { Drafted } from './draft.ts';
import type { WrittenCommit } from './fast-import.ts';
import type { Fence } from './fence.ts';
import type { Host, HostCommit } from './host.ts';
import { isRefused, type Remote, STATE_BRANCH } from './remote.ts';
import type { SavedStates, StateCommit } from './saved-states.ts';

/** States that were written, and where they go. */
export type WrittenState = StateCommit & WrittenCommit;

/** What is there now. */
export interface Landing extends Published {
  readonly states: readonly WrittenState[];
}

/** What publishing needs of a mirror. */
export interface PublisherParts {
  readonly branch: string;
  readonly host: Host;
  readonly commits: CommitWriter;
  readonly remote: Remote;
  readonly saved: SavedStates;
  /** null: nobody else writes. */
  readonly fence: Fence | null;
  /** Names of our branches beside, as they were learnt last. */
  readonly proposed: () => Iterable<string>;
  /** Texts of blobs by id. */
  readonly contents: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/** Brings commits to the remote: pushed by Git, or made there by the host. */
export class Publisher {
  readonly #parts: PublisherParts;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /**
   * See Repository.publish.
   *
   * @param parent the tip that was learnt last; null: the branch is empty
   * @param drafted what of it is written already; null: nothing
   */
  async publish(publication: Publication, parent: string | null, drafted: Drafted | null): Promise<Landing> {
    const { saved, commits } = this.#parts;
    const { files, message, time } = publication;
    const made = files.size > 0 && parent !== null ? await this.#madeByHost(publication, parent) : BY_GIT;
    if ('commit' in made) {
      const states = await this.#saveBeside(publication);
      return { commit: made.commit, states, warnings: await this.#mark(made.commit, message) };
    }
    const { warnings } = made;
    const { tree, left } = drafted ?? { tree: null, left: files };
    const branch = files.size > 0 ? [{ parent, tree, time, message, files: left }] : [];
    const states = saved.commitsOf(publication.states);
    if (branch.length + states.length === 0) return { commit: null, states: [], warnings };
    const written = await commits.write([...branch, ...states.map((one) => newState(one, time))], 'publish');
    const commit = branch.length > 0 ? (written[0]?.commit ?? null) : null;
    if (commit) await commits.check(commit, parent, files);
    const there = await this.#push(commit, beside(states, written.slice(branch.length)), publication);
    return {
      commit,
      states: there,
      warnings: commit ? [...warnings, ...(await this.#mark(commit, message))] : warnings,
    };
  }

  /** See Repository.propose. */
  async propose(proposed: ProposedCommit): Promise<Published & { readonly commit: string }> {
    const { branch, before, parent, message } = proposed;
    const made = await this.#proposedByHost(proposed);
    if ('commit' in made) return { commit: made.commit, warnings: await this.#mark(made.commit, message) };
    const { commit } = await this.#write(proposed, parent, 'propose', true);
    await this.#parts.remote.proposed.push(commit, branch, before, null);
    return { commit, warnings: [...made.warnings, ...(await this.#mark(commit, message))] };
  }

  /** The host makes the commit on the tip; a branch that is not there is made by Git. */
  async #madeByHost(publication: Publication, parent: string): Promise<Made> {
    const { branch, remote, commits, host } = this.#parts;
    if (!host.commit || !remote.isBranchThere) return BY_GIT;
    const { tree } = await this.#write(publication, parent, 'publish', false);
    const made = await this.#ask(host.commit, publication, { branch, expectedOid: parent });
    if (!('commit' in made)) return made;
    await remote.fetchTip();
    await commits.checkSame(made.commit, tree);
    return made;
  }

  /** The host makes the commit on a branch beside, so that a pull request never has a branch without a change. */
  async #proposedByHost(proposed: ProposedCommit): Promise<Made> {
    const { remote, commits, host } = this.#parts;
    if (!host.commit) return BY_GIT;
    const { branch, before, parent } = proposed;
    const { tree } = await this.#write(proposed, parent, 'propose', false);
    const work = remote.proposed.workName(proposed.time);
    await remote.proposed.pushWork(parent, work, remote.proposed.leftWork(this.#parts.proposed(), proposed.time));
    try {
      const made = await this.#ask(host.commit, proposed, { branch: work, expectedOid: parent });
      if ('commit' in made) {
        await remote.proposed.fetchWork(work);
        await commits.checkSame(made.commit, tree);
        await remote.proposed.push(made.commit, branch, before, work);
      } else await remote.proposed.dropWork(work);
      return made;
    } catch (error) {
      // What went wrong is told; that a branch is left as well would hide it.
      await remote.proposed.dropWork(work).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Writes one commit here and checks it: what must not be changed is found before the remote or the host is asked.
   *
   * @param isFinal false: it is a draft of what the host makes
   */
  async #write(
    { files, message, time }: NewFiles,
    parent: string,
    work: 'publish' | 'propose',
    isFinal: boolean,
  ): Promise<WrittenCommit> {
    const { commits } = this.#parts;
    const [written] = await commits.write([{ parent, tree: null, time, message, files }], work, isFinal);
    if (!written) throw new Error('nothing was written');
    await commits.check(written.commit, parent, files);
    return written;
  }

  /** Asks the host for a commit. @param at the branch, and the tip that it has to have */
  async #ask(
    commit: NonNullable<Host['commit']>,
    { files, message }: NewFiles,
    at: Pick<HostCommit, 'branch' | 'expectedOid'>,
  ): Promise<Made> {
    try {
      return { commit: await commit({ ...at, message, files: await this.#texts(files) }) };
    } catch (error) {
      if (!(error instanceof ProductError) || error.reason !== 'TooLargeForApi') throw error;
      return { warnings: [error.message] };
    }
  }

  async #texts(files: ChangeSet): Promise<ReadonlyMap<string, string | null>> {
    const ids = [...files.values()].flatMap((content) => (typeof content === 'object' && content ? content.id : []));
    const stored = await this.#parts.contents(ids);
    const texts = new Map<string, string | null>();
    for (const [path, content] of files) {
      const text = content === null || typeof content === 'string' ? content : stored.get(content.id);
      if (text === undefined) throw new Error(`the content of ${path} is not stored`);
      texts.set(path, text);
    }
    return texts;
  }

  /** Their commit is there already: states that are not taken now are pushed again later, alone. */
  async #saveBeside(publication: Publication): Promise<readonly WrittenState[]> {
    try {
      const states = await this.#writeStates(publication);
      return states.length === 0 ? [] : await this.#push(null, states, publication);
    } catch {
      return [];
    }
  }

  /** Writes the states alone, for where they are saved by now. */
  async #writeStates({ states: texts, time }: Publication): Promise<readonly WrittenState[]> {
    const { saved, commits } = this.#parts;
    const states = saved.commitsOf(texts);
    if (states.length === 0) return [];
    const written = await commits.write(
      states.map((one) => newState(one, time)),
      'publish',
    );
    return beside(states, written);
  }

  /** What cannot be said beside a commit does not undo it. */
  async #mark(commit: string, message: string): Promise<readonly string[]> {
    try {
      await this.#parts.host.mark?.(commit, message.split('\n', 1)[0] ?? '');
      return [];
    } catch (thrown) {
      return [asProductError(thrown).message];
    }
  }

  /** Of a commit nothing lands where somebody else has become the one that writes. */
  async #pushFenced(commit: string | null, states: readonly WrittenState[]): Promise<readonly WrittenState[]> {
    const { fence, remote } = this.#parts;
    await fence?.take(Date.now());
    const beside = commit === null ? [] : (fence?.beside(commit) ?? []);
    const there = new Set((await remote.push(commit, [...states, ...beside])).map(({ ref }) => ref));
    if (commit !== null && beside.some(({ ref }) => there.has(ref))) fence?.moved(commit);
    return states.filter(({ ref }) => there.has(ref));
  }

  /** A host that takes no refs outside heads, or takes none any more, may take a branch. */
  async #push(
    commit: string | null,
    states: readonly WrittenState[],
    publication: Publication,
  ): Promise<readonly WrittenState[]> {
    const { saved, fence } = this.#parts;
    try {
      return await this.#pushFenced(commit, states);
    } catch (error) {
      if (fence?.noteRefusal(error)) return this.#push(commit, states, publication);
      const isOfRefs = error instanceof ProductError && states.some(({ ref }) => isRefused(error, ref));
      if (!isOfRefs || !saved.useBranch()) throw error;
      try {
        return await this.#pushFenced(commit, await this.#writeStates(publication));
      } catch (second) {
        if (!(second instanceof ProductError) || !isRefused(second, STATE_BRANCH)) throw second;
        // It was not the kind of ref: what was said first is what matters.
        saved.useRefs();
        throw error;
      }
    }
  }
}

type NewFiles = Pick<Publication, 'files' | 'message' | 'time'>;

/** What the host made, or why Git has to. */
type Made = { readonly commit: string } | { readonly warnings: readonly string[] };

const BY_GIT: Made = { warnings: [] };

/** Without a parent: states have no history. */
function newState({ tree, files }: StateCommit, time: number): NewCommit {
  return { parent: null, tree, files, time, message: 'state of dso-gitops\n' };
}

/** Each with its ids. */
function beside(states: readonly StateCommit[], written: readonly WrittenCommit[]): readonly WrittenState[] {
  return states.flatMap((state, index) => {
    const ids = written[index];
    return ids ? [{ ...state, ...ids }] : [];
  });
}
