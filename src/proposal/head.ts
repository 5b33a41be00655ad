/** What is proposed together. */
export type GroupBy = 'all' | 'namespace' | 'dso';

const GROUP = /^(all|namespace\/[^/]+|dso\/[^/]+\/[^/]+)$/;

/** The group that a DSO is proposed in. */
export function groupOf(
  by: GroupBy,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  if (by === 'all') return 'all';
  return by === 'namespace' ? `namespace/${namespace}` : `dso/${namespace}/${name}`;
}

/** Every branch of ours that is reviewed begins like this. */
export const BRANCH_PREFIX = 'dso-gitops/';

/** What the branches of an installation begin with that are proposed. @param owner name of the installation */
export function headPrefix(owner: string): string {
  return `${BRANCH_PREFIX}${owner}/`;
}

/** The branch that a group is proposed from. The base comes last: no two of them can be in each other's way. */
export function headOf(owner: string, group: string, base: string): string {
  return `${headPrefix(owner)}${group}/${base}`;
}

/** The group of such a branch; null: it is none of these. */
export function groupOfHead(owner: string, base: string, head: string): string | null {
  const [prefix, suffix] = [headPrefix(owner), `/${base}`];
  if (!head.startsWith(prefix) || !head.endsWith(suffix)) return null;
  const group = head.slice(prefix.length, -suffix.length);
  return GROUP.test(group) ? group : null;
}
