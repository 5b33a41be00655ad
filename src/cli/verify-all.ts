import { loadTemplates } from '../config/load-templates.ts';
import { mustAct, type ProductError } from '../errors.ts';
import { type Place, type Verification, verify } from '../history/verify.ts';
import { recordPath } from '../manifests/layout.ts';
import { recomputeWith } from '../reconcile/recompute.ts';
import { parseState } from '../reconcile/state-store.ts';
import type { Connected } from './connect.ts';
import { readEach, type ToldByEach } from './read-each.ts';

/** What is verified: a configuration, and what reads its branches. */
type Verified = Pick<Connected, 'configuration' | 'engine'>;

/** What a check of all destinations came to. */
export interface WholeVerification extends Verification {
  /** Destinations that could not be read: nothing is said of them. */
  readonly leftOut: readonly Pick<ProductError, 'reason' | 'message'>[];
}

/**
 * Verifies the past of all destinations that can be read.
 *
 * @param since ids of commits: what was found until then is accepted
 * @throws ProductError where one of them is in the history of no branch, or none can be read
 */
export async function verifyAll(connected: Verified, since: readonly string[]): Promise<WholeVerification> {
  const { workloads } = connected.configuration;
  const { told, leftOut } = await placesOf(connected, since);
  const verification = verify(
    told,
    recomputeWith({ templates: await loadTemplates(null), workloads }),
    leftOut.length > 0,
  );
  return { ...verification, leftOut: leftOut.map(({ reason, message }) => ({ reason, message })) };
}

/** @throws ProductError where a commit is in the history of no branch */
async function placesOf(
  { configuration: { destinations }, engine }: Verified,
  since: readonly string[],
): Promise<ToldByEach<Place>> {
  const unknown = new Set(since);
  const all = await readEach(destinations, async ({ id, url, root }): Promise<Place> => {
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
    return { repository: url, root, revisions, counted, remembered: await rememberedAt(engine, id, root) };
  });
  // It may be one of a branch that cannot be read.
  if (unknown.size === 0 || all.leftOut.length > 0) return all;
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
