import type { BranchSettings } from '../reconcile/branch.ts';
import type { OpenForge } from '../reconcile/proposer.ts';
import { type Author, type Host, plainHost } from '../repository/host.ts';

const PRODUCT: Author = { name: 'dso-gitops', email: 'dso-gitops@localhost' };
/** What the status of a commit is called. */
const STATUS = 'dso-gitops';

/** What the host of a branch gives beside Git; it is asked when that is needed. */
export function hostOf({ forge: settings, author, write }: BranchSettings, openForge: OpenForge): Host {
  if (settings === null) return plainHost(author ?? PRODUCT);
  const open = (): ReturnType<OpenForge> => openForge(settings);
  return {
    token: settings.isForGit ? async () => (await open()).gitToken() : null,
    author: async () => author ?? (await (await open()).commitAuthor()) ?? PRODUCT,
    commit: write === 'api' ? async (commit) => (await open()).commit(commit) : null,
    mark: settings.setsStatus
      ? async (commit, subject) => {
          const status = { context: STATUS, state: 'success', description: subject, url: null } as const;
          await (await open()).setStatus(commit, status);
        }
      : null,
  };
}
