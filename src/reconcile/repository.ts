import type { Revision } from '../history/decision-history.ts';
import type { ChangeSet } from '../manifests/change-set.ts';

/** The commit that changed a file. */
export interface FileChange {
  readonly commit: string;
  /** Name of its author. */
  readonly author: string;
  readonly subject: string;
  /** It says of itself that it is ours. */
  readonly isOurs: boolean;
}

/** Called when the remote has answered; what it brought is seen by readers only after this has resolved. */
export type Gate = () => Promise<void>;

/** States by root that they belong to, then by key of the DSO; null: it is forgotten. */
export type SavedTexts = ReadonlyMap<string, ReadonlyMap<string, string | null>>;

/** What one push writes. */
export interface Publication {
  /** path -> content on the branch; null: the file is removed. */
  readonly files: ChangeSet;
  readonly message: string;
  readonly states: SavedTexts;
  /** Epoch milliseconds. */
  readonly time: number;
}

/** What came of a publication. */
export interface Published {
  /** Id of the new commit; null: only states were written. */
  readonly commit: string | null;
  /** What could not be done as it is configured, each a sentence. */
  readonly warnings: readonly string[];
}

/** A commit that is proposed in a branch of its own. */
export interface ProposedCommit extends Pick<Publication, 'files' | 'message' | 'time'> {
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** Where that branch is, which the commit replaces; null: it is not there. */
  readonly before: string | null;
  /** The tip that it was decided on, and stands on. */
  readonly parent: string;
}

/** A repository and branch, as reconciling needs it. */
export interface Repository {
  /** Commit at the tip that was learnt last; null: the branch is empty. */
  readonly tip: string | null;
  /** Learns the tip and the saved states as they are now. */
  refresh(gate: Gate): Promise<void>;
  /** Whether what is cached has grown so much that it is better made again. */
  isWorn(): Promise<boolean>;
  /** Files at the tip by path; null: there is none. */
  entries(
    paths: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly mode: string; readonly id: string } | null>>;
  /** Texts of blobs by id. */
  contents(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Paths of all files below a directory at the tip. */
  files(directory: string): Promise<readonly string[]>;
  /** Names of the directories directly below a path. */
  directories(path: string): Promise<readonly string[]>;
  /** The commit that made each file what it is, by path; as much history is fetched as that takes. Left out: it cannot be known. */
  lastChanges(paths: readonly string[]): Promise<ReadonlyMap<string, FileChange>>;
  /** Where the branch was at an instant, in epoch milliseconds; fetches the whole history. null: it had no commit yet. */
  commitAt(instant: number, now: number): Promise<string | null>;
  /** Files at or below paths as they were at a commit that `commitAt` gave, each with the commit that made it so. */
  filesAt(commit: string, paths: readonly string[]): Promise<readonly Revision[]>;
  /** Paths of the files at or below a path that were removed until a commit that `commitAt` gave, and are not there. */
  removedAt(commit: string, directory: string): Promise<readonly string[]>;
  /**
   * Every version of the files at or below paths, the newest first; fetches the whole history.
   *
   * @param until the last commit that counts; without it, the tip
   */
  revisions(paths: readonly string[], until?: string): Promise<readonly Revision[]>;
  /**
   * Commits of the branch that are not in the history of an earlier one; fetches the whole history. null: that one is not in it.
   *
   * @param earlier its id, or the beginning of it
   */
  commitsAfter(earlier: string): Promise<ReadonlySet<string> | null>;
  /** The highest `seq` that records had before what they are now, by path; fetches the whole history. */
  highestSequences(paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The `seq` of what records replaced when they became what they are, by path; left out: there was none. */
  previousSequences(paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The highest `seq` of records below a directory that others replaced after our last decision, by path. */
  replacedSequences(directory: string): Promise<ReadonlyMap<string, number>>;
  /** Saved states of one of the roots, by key of their DSO. */
  states(root: string): ReadonlyMap<string, string>;
  /**
   * Drafts a part of the next commit while others are still decided; `publish` says where that failed and is missed.
   *
   * @param texts contents that its files name by id
   */
  draft(texts: Iterable<string>, files: readonly ChangeSet[]): Promise<void>;
  /** Ends what `draft` began. */
  endDraft(): Promise<void>;
  /** Tips of the branches of ours that are proposed, by name, as they were learnt last. */
  readonly proposed: ReadonlyMap<string, string>;
  /**
   * One commit, pushed to a branch of ours that is proposed.
   *
   * @throws ProductError kind `retry` where that branch is elsewhere by now
   */
  propose(commit: ProposedCommit): Promise<Published & { readonly commit: string }>;
  /** A branch that is proposed was deleted by other means. */
  forgetProposed(branch: string): void;
  /** Whether the last commit of a branch that is proposed is ours, and not a person's; it is fetched where it is not known. */
  isOwn(branch: string): Promise<boolean>;
  /**
   * One commit and one push of all of it. A host that cannot take both or none may take the commit and not the states:
   * `states` says then what it has, and their failure comes again when they are pushed alone.
   *
   * @throws ProductError kind `retry` when another writer was faster
   */
  publish(publication: Publication, gate: Gate): Promise<Published>;
}
