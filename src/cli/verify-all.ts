import { loadTemplates } from '../config/load-templates.ts';
import { mustAct } from '../errors.ts';
import { type Place, type Verification, verify } from '../history/verify.ts';
import { recordPath } from '../manifests/layout.ts';
import { recomputeWith } from '../reconcile/recompute.ts';
import { parseState } from '../reconcile/state-store.ts';
import type { Connected } from './connect.ts';
import type { Context, ExitCode } from './context.ts';
import { readEach } from './read-each.ts';

/** What is verified: a configuration, and what reads its branches. */
type Verified = Pick<Connected, 'configuration' | 'engine'>;

/**
 * Verifies the past of all destinations that can be read; `done` hears of a failure where one cannot.
 *
 * @param since ids of commits: what was found until then is accepted
 * @throws ProductError where one of them is in the history of no branch, or none can be read
 */
export async function verifyAll(
  connected: Verified,
  since: readonly string[],
  context: Context,
  done: (code: ExitCode) => void,
): Promise<Verification> {
  const { workloads } = connected.configuration;
  const places = await placesOf(connected, since, context, done);
  return verify(places, recomputeWith({ templates: await loadTemplates(null), workloads }));
}

/** @throws ProductError where a commit is in the history of no branch */
async function placesOf(
  { configuration: { destinations }, engine }: Verified,
  since: readonly string[],
  context: Context,
  done: (code: ExitCode) => void,
): Promise<readonly Place[]> {
  const unknown = new Set(since);
  const all = await readEach(destinations, context, done, async ({ id, root }): Promise<Place> => {
    const revisions = await engine.revisions(id);
    const known: ReadonlySet<string>[] = [];
    for (const commit of since) {
      const after = await engine.past(id, (repository) => repository.commitsAfter(commit));
      if (!after) continue;
      unknown.delete(commit);
      known.push(after);
    }
    const [first, ...others] = known;
    const counted = first ? new Set([...first].filter((commit) => others.every((one) => one.has(commit)))) : null;
    return { root, revisions, counted, remembered: await rememberedAt(engine, id, root) };
  });
  if (unknown.size === 0) return all;
  const message = `no branch of the destinations has ${[...unknown].join(', ')} in its history; correct the id, or find out who has rewritten the branch`;
  throw mustAct('InputInvalid', message);
}

/** The last decisions that the states beside a branch tell of, by path of the record. */
async function rememberedAt(
  engine: Verified['engine'],
  id: string,
  root: string,
): Promise<ReadonlyMap<string, number>> {
  const states = (await engine.past(id, async (repository) => repository.states(root))) ?? new Map<string, string>();
  return new Map(
    [...states].flatMap(([key, text]): [string, number][] => {
      const [namespace = '', name = ''] = key.split('/');
      const state = parseState(text);
      return state?.hasRecord ? [[recordPath(root, namespace, name), state.seq]] : [];
    }),
  );
}
