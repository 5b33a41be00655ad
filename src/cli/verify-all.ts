import { loadTemplates } from '../config/load-templates.ts';
import { mustAct, type ProductError } from '../errors.ts';
import { type Place, type Verification, verify } from '../history/verify.ts';
import { recordPath } from '../manifests/layout.ts';
import type { DsoState } from '../manifests/record.ts';
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
  const all = await readEach(destinations, async ({ id, url, root }) => {
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
    return { id, repository: url, root, revisions, counted, states: await statesAt(engine, id, root) };
  });
  const states = all.told.flatMap((place) => [...place.states].map((one) => [place.id, ...one] as const));
  const told = all.told.map(({ id, states: _states, ...place }) => {
    return { ...place, remembered: rememberedAt(id, place.root, states) };
  });
  // It may be one of a branch that cannot be read.
  if (unknown.size === 0 || all.leftOut.length > 0) return { ...all, told };
  const message = `no branch of the destinations has ${[...unknown].join(', ')} in its history; correct the id, or find out who has rewritten the branch`;
  throw mustAct('InputInvalid', message);
}

/** What is remembered beside a branch, by key; what cannot be read is left out. */
async function statesAt(engine: Verified['engine'], id: string, root: string): Promise<ReadonlyMap<string, DsoState>> {
  const texts = (await engine.past(id, async (repository) => repository.states(root))) ?? new Map<string, string>();
  return new Map(
    [...texts].flatMap(([key, text]): [string, DsoState][] => {
      const state = parseState(text);
      return state ? [[key, state]] : [];
    }),
  );
}

/**
 * The last decisions that are known to have landed in a destination, by path of the record.
 *
 * @param states of all destinations, each with the id of its own and its key: what landed elsewhere is remembered at home
 */
function rememberedAt(
  id: string,
  root: string,
  states: readonly (readonly [home: string, key: string, state: DsoState])[],
): ReadonlyMap<string, number> {
  const remembered = new Map<string, number>();
  for (const [home, key, state] of states) {
    const [namespace = '', name = ''] = key.split('/');
    const path = recordPath(root, namespace, name);
    const landed = home === id && state.hasRecord ? state.seq : state.delivered?.[id];
    // A former home remembers less.
    if (landed !== undefined) remembered.set(path, Math.max(landed, remembered.get(path) ?? 0));
  }
  return remembered;
}
