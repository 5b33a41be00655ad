/** Who commits are by. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

/** A commit that the host makes and signs itself, on the tip of a branch. */
export interface HostCommit {
  readonly branch: string;
  /** The tip it is made on; another one by now is a lost race. */
  readonly expectedOid: string;
  readonly message: string;
  /** Path -> content; null: the file goes. */
  readonly files: ReadonlyMap<string, string | null>;
}

/** What the host of a repository gives beside Git. Every failure is a ProductError. */
export interface Host {
  /** What Git is reached with over https; null: the credentials tell it. */
  readonly token: (() => Promise<string>) | null;
  readonly author: () => Promise<Author>;
  /**
   * Makes a commit and gives its id; null: all is pushed by Git.
   *
   * @throws ProductError `TooLargeForApi` where Git has to do it
   */
  readonly commit: ((commit: HostCommit) => Promise<string>) | null;
  /** Says beside a commit what it does; null: nothing is said. */
  readonly mark: ((commit: string, subject: string) => Promise<void>) | null;
}

/** Of a host that gives nothing. */
export function plainHost(author: Author): Host {
  return { token: null, author: async () => author, commit: null, mark: null };
}
