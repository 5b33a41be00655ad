import type { MergeMethod } from '../../../src/forge/forge.ts';
import type { BareRepository } from '../../repository/bare-repository.ts';

const FORGE = ['-c', 'user.name=GitHub', '-c', 'user.email=noreply@github.test'];

/** What is merged into what. */
export interface Merge {
  readonly base: string;
  readonly baseOid: string;
  readonly headOid: string;
  readonly title: string;
  readonly number: number;
}

/** Moves the base as GitHub does with this method: the new tip; null: there is a conflict. */
export function mergeInto(bare: BareRepository, merge: Merge, method: MergeMethod): string | null {
  const oid = method === 'rebase' ? rebased(bare, merge) : merged(bare, merge, method);
  if (oid !== null) bare.git('update-ref', `refs/heads/${merge.base}`, oid, merge.baseOid);
  return oid;
}

/** The tree of both together; null: there is a conflict. */
export function mergedTree(bare: BareRepository, one: string, other: string): string | null {
  try {
    return bare.git('merge-tree', '--write-tree', one, other).trim();
  } catch {
    return null;
  }
}

const ancestors = new Map<string, boolean>();

/** Whether a commit is behind another, or the same. */
export function isAncestor(bare: BareRepository, one: string, other: string): boolean {
  const id = `${bare.directory} ${one} ${other}`;
  const known = ancestors.get(id) ?? bare.git('rev-list', '--count', one, `^${other}`).trim() === '0';
  ancestors.set(id, known);
  return known;
}

function merged(bare: BareRepository, merge: Merge, method: 'merge' | 'squash'): string | null {
  const { baseOid, headOid, title, number } = merge;
  const tree = mergedTree(bare, baseOid, headOid);
  if (tree === null) return null;
  const parents = method === 'merge' ? ['-p', baseOid, '-p', headOid] : ['-p', baseOid];
  const message = method === 'merge' ? `Merge pull request #${number}\n\n${title}` : `${title} (#${number})`;
  return bare.git(...FORGE, 'commit-tree', tree, ...parents, '-m', message).trim();
}

/** Each commit of the branch again, with its author and message. */
function rebased(bare: BareRepository, { baseOid, headOid }: Merge): string | null {
  let tip = baseOid;
  const commits = bare.git('rev-list', '--reverse', '--no-merges', headOid, `^${baseOid}`).split('\n').filter(Boolean);
  for (const commit of commits) {
    // On the parent of the commit, so that its change alone is what is merged.
    const onto = bare.git(...FORGE, 'commit-tree', `${tip}^{tree}`, '-p', `${commit}^`, '-m', 'onto').trim();
    const tree = mergedTree(bare, onto, commit);
    if (tree === null) return null;
    const [name = '', email = '', message = ''] = bare
      .git('log', '-1', '--format=%an%x00%ae%x00%B', commit)
      .split('\0');
    const author = ['-c', `author.name=${name}`, '-c', `author.email=${email}`];
    tip = bare.git(...FORGE, ...author, 'commit-tree', tree, '-p', tip, '-m', message.trimEnd()).trim();
  }
  return tip;
}
