import { type DecisionRecord, parseRecord } from '../manifests/record.ts';
import type { Verdict } from './decision.ts';
import type { PlacedDso } from './place.ts';
import type { Repository } from './repository.ts';

/** A record at a tip. */
interface Claim extends Pick<DecisionRecord, 'metadata' | 'target'> {
  readonly path: string;
  /** By member. */
  readonly namespaces: ReadonlyMap<string, string>;
}

/** Records that are read at once. */
const BATCH = 500;

/**
 * Records of others, read once for a tip. A record scales its workload also when its DSO is gone, renamed or not
 * valid any more: its overlays are still there, and which of two overlays wins is up to the order of their names.
 */
export class Claims {
  readonly #byDestination = new Map<string, { readonly tip: string | null; readonly claims: readonly Claim[] }>();

  /** Forgets what was read of tips that have moved. */
  keepCurrent(repositories: ReadonlyMap<string, Repository>): void {
    for (const [id, { tip }] of this.#byDestination)
      if (repositories.get(id)?.tip !== tip) this.#byDestination.delete(id);
  }

  /** Why a newcomer cannot have its workload; null: it can. @throws ProductError when a tip cannot be read */
  async against({ dso, members }: PlacedDso, repositories: ReadonlyMap<string, Repository>): Promise<Verdict | null> {
    for (const { name, targetNamespace, destination } of members) {
      const repository = repositories.get(destination.id);
      if (!repository) continue;
      for (const { path, metadata, target, namespaces } of await this.#of(
        destination.id,
        destination.root,
        repository,
      )) {
        if (`${metadata.namespace}/${metadata.name}` === dso.key || !isSame(target, dso.target)) continue;
        if (namespaces.get(name) !== targetNamespace) continue;
        const owner = `${metadata.namespace}/${metadata.name}`;
        const message = `by ${path} ${owner} scales ${target.kind} ${target.name} in namespace ${targetNamespace} of member ${name}; two overlays of one workload undo each other: bring ${owner} back, or run: dso-gitops release ${owner}`;
        return { kind: 'stalled', reason: 'WorkloadTaken', message };
      }
    }
    return null;
  }

  async #of(id: string, root: string, repository: Repository): Promise<readonly Claim[]> {
    const { tip } = repository;
    const known = this.#byDestination.get(id);
    if (known?.tip === tip) return known.claims;
    const claims = await readClaims(root, repository);
    this.#byDestination.set(id, { tip, claims });
    return claims;
  }
}

async function readClaims(root: string, repository: Repository): Promise<readonly Claim[]> {
  const paths = await repository.files(`${root}/decisions`);
  const claims: Claim[] = [];
  for (let start = 0; start < paths.length; start += BATCH) {
    const batch = paths.slice(start, start + BATCH);
    const entries = await repository.entries(batch);
    const texts = await repository.contents([...entries.values()].flatMap((entry) => entry?.id ?? []));
    for (const path of batch) {
      const record = parseRecord(texts.get(entries.get(path)?.id ?? '') ?? '');
      if (record) claims.push(claimOf(path, record));
    }
  }
  return claims;
}

function claimOf(path: string, { metadata, target, members }: DecisionRecord): Claim {
  const namespaces = Object.entries(members).map(([name, { targetNamespace }]) => [name, targetNamespace] as const);
  return { path, metadata, target, namespaces: new Map(namespaces) };
}

function isSame(one: PlacedDso['dso']['target'], other: PlacedDso['dso']['target']): boolean {
  return one.group === other.group && one.kind === other.kind && one.name === other.name;
}
