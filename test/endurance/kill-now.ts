import { execFileSync } from 'node:child_process';
import { type Running, signalTo } from '../cluster/process.ts';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

/** The command after the settings that every call has. */
const COMMAND = /^git (?:-c \S+ )*([a-z-]+)/;

/**
 * Kills at this very instant: the whole group stands still first, so that nothing goes on while it is looked at.
 *
 * @param scope `process`: the Git processes under way live on, as when node alone is killed; `group`: they are killed as
 * well, but for those that stand for the host of the repository
 * @returns the Git command that was under way; null: none
 */
export async function killNow(running: Running, scope: 'process' | 'group'): Promise<string | null> {
  const { pid } = running;
  running.signal('SIGSTOP');
  const group = processesOf(pid);
  const host = hostOf(group);
  const step = group.filter(({ parent }) => parent === pid).flatMap(({ args }) => COMMAND.exec(args)?.[1] ?? []);
  const killed = scope === 'group' ? group.filter((one) => !host.has(one.pid)) : group.filter((one) => one.pid === pid);
  for (const one of killed) signalTo(one.pid, 'SIGKILL');
  // All that is left, and not only what was listed: one may have just been started.
  signalTo(-pid, 'SIGCONT');
  await running.stop('SIGKILL');
  return step[0] ?? null;
}

function processesOf(groupId: number): readonly Process[] {
  const listing = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,pgid=,args=']).toString();
  return listing.split('\n').flatMap((line) => {
    const [, pid, parent, group, args = ''] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(group) === groupId ? { pid: Number(pid), parent: Number(parent), args } : [];
  });
}

/** What runs at the other side of a push or fetch, which is another machine where it is not a path. */
function hostOf(group: readonly Process[]): ReadonlySet<number> {
  const host = new Set(group.flatMap(({ pid, args }) => (/^git[ -](receive|upload)-pack\b/.test(args) ? pid : [])));
  for (let size = -1; size !== host.size; ) {
    size = host.size;
    for (const { pid, parent } of group) if (host.has(parent)) host.add(pid);
  }
  return host;
}
