import type { Author, HostCommit } from '../repository/host.ts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** A pull request as a list tells it. */
export interface PullRequest {
  readonly number: number;
  /** What the forge's own calls name it by; not shown to people. */
  readonly nodeId: string;
  readonly url: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly title: string;
  /** Empty: there is none. */
  readonly body: string;
  readonly labels: readonly string[];
  readonly isDraft: boolean;
  /** Login of who opened it; null: the account is gone. */
  readonly author: string | null;
  readonly isAutoMergeArmed: boolean;
  /** Branch of ours, without `refs/heads/`. */
  readonly head: string;
  /** Where the branch stood when it was last looked at, or at its end. */
  readonly headOid: string;
  readonly base: string;
  /** The commit by which it was merged: of a rebase the last one; null: not merged. */
  readonly mergeOid: string | null;
  /** All in milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly closedAt: number | null;
  readonly mergedAt: number | null;
}

/** The pull requests of ours. */
export interface PullRequests {
  /** Newest number first. */
  readonly open: readonly PullRequest[];
  /** Closed and merged ones since the time that was asked for, newest number first. */
  readonly closed: readonly PullRequest[];
}

/** What reviewers and the queue say about one pull request. */
export interface Review {
  readonly state: 'open' | 'closed' | 'merged';
  /** What the rules of the branch make of the reviews; null: they demand none. */
  readonly decision: 'approved' | 'changesRequested' | 'required' | null;
  /** How many of those who may write have approved it in their last word. */
  readonly approvals: number;
  /** `unknown`: it is being computed. */
  readonly mergeable: 'yes' | 'conflicting' | 'unknown';
  readonly isAutoMergeArmed: boolean;
  /** In the queue of those to be merged; null: the forge does not tell. */
  readonly isQueued: boolean | null;
}

export interface NewPullRequest {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  /** Logins, and teams as `organisation/team`. */
  readonly reviewers: readonly string[];
}

export interface CreatedPullRequest {
  readonly pull: PullRequest;
  /** false: there was one already, opened by whomever. */
  readonly isNew: boolean;
  /** What was asked for and could not be had, such as an unknown reviewer: each a sentence. */
  readonly warnings: readonly string[];
}

export interface RepositoryFacts {
  /** Stays when the repository is renamed. */
  readonly id: number;
  readonly nodeId: string;
  /** `owner/name` as the forge has it now. */
  readonly fullName: string;
  /** It is reached by another name than the one it has. */
  readonly isRenamed: boolean;
  readonly defaultBranch: string;
  readonly isArchived: boolean;
  /** The credential may push; null: the forge does not tell. */
  readonly canPush: boolean | null;
  /** A pull request may merge itself when its checks are done; null: the credential may not see it. */
  readonly allowsAutoMerge: boolean | null;
  /** Empty: the credential may not see them. */
  readonly mergeMethods: readonly MergeMethod[];
}

export interface CommitStatus {
  readonly context: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  /** Cut after 140 characters. */
  readonly description: string;
  /** Where more is said; null: nowhere. */
  readonly url: string | null;
}

/** What is asked about a repository. */
export interface ForgeReader {
  repository(): Promise<RepositoryFacts>;
  /**
   * Pull requests from a branch of ours to any branch; one request that costs nothing where nothing has changed.
   *
   * @param closedSince closed ones are told from this time on, in milliseconds since 1970; null: none are asked for
   */
  pulls(closedSince: number | null): Promise<PullRequests>;
  review(number: number): Promise<Review>;
}

/** What is done to pull requests. None of it is repeated by itself where it could be done twice. */
export interface PullRequestWriter {
  /** The one there is, where there is one already: two that race get the same. */
  create(request: NewPullRequest): Promise<CreatedPullRequest>;
  /** What is not given stays; the answer tells whether it was closed or merged meanwhile. */
  update(number: number, changes: { title?: string; body?: string }): Promise<PullRequest>;
  comment(number: number, text: string): Promise<void>;
  /** One comment of ours with a mark, unseen: made where there is none, else brought in line. */
  say(number: number, mark: string, text: string): Promise<void>;
  /** Nothing is said where it was merged meanwhile; the answer tells. */
  close(number: number, comment: string): Promise<PullRequest>;
  /** @throws ProductError kind `act`, naming the setting of the repository that stands in the way */
  enableAutoMerge(nodeId: string, method: MergeMethod): Promise<void>;
  disableAutoMerge(nodeId: string): Promise<void>;
  /** Takes it out of the merge queue, where its review says that it is in it. */
  dequeue(nodeId: string): Promise<void>;
}

/** What is done to branches and commits. */
export interface BranchWriter {
  /** One that is gone already is no error. @throws ProductError LostRace where it stands elsewhere by now */
  deleteBranch(branch: string, expectedOid: string): Promise<void>;
  /**
   * Id of the new commit.
   *
   * @throws ProductError LostRace where the branch has moved, TooLargeForApi above 1,000 files or 40 MB
   */
  commit(commit: HostCommit): Promise<string>;
  setStatus(oid: string, status: CommitStatus): Promise<void>;
}

/** Who acts there. */
export interface ForgeAccount {
  /** For Git over https, with the user `x-access-token`; it may end within minutes, so it is asked for each time. */
  gitToken(): Promise<string>;
  /** Who commits of the App are by; null: the credential is not an App. */
  commitAuthor(): Promise<Author | null>;
}

/** One repository at a forge. Every failure is a ProductError. */
export interface Forge extends ForgeReader, PullRequestWriter, BranchWriter, ForgeAccount {}
