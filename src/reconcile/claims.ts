import { type DecisionRecord, parseRecord } from '../manifests/record.ts';
import type { Verdict } from './decision.ts';
import type { PlacedDso } from './place.ts';
import type { Repository } from './repository.ts';
import { slices } from './slices.ts';

/** What a tip is read by. */
type Tip = Pick<Repository, 'tip' | 'files' | 'entries' | 'contents'>;

/** What a record scales. */
interface Claim {
  readonly path: string;
  /** Key of its DSO. */
  readonly owner: string;
  /** Namespaces by member; what many records have alike is there once. */
  readonly namespaces: ReadonlyMap<string, string>;
}

/** What is known of the records in one destination. */
interface Known {
  readonly tip: string | null;
  /** Blob ids and targets, by path. */
  readonly records: Map<string, { readonly id: string; readonly target: string | null }>;
  /** Claims by target, then by path. */
  readonly claims: Map<string, Map<string, Claim>>;
}

/** Records that are read at once. */
const BATCH = 500;

/**
 * Records of others; at a new tip only those are read that have changed. A record scales its workload also when its DSO is
 * gone, renamed or not valid any more: its overlays are still there, and which of two overlays wins is up to the order of their
 * names.
 */
export class Claims {
  readonly #byDestination = new Map<string, Known>();
  readonly #namespaces = new Map<string, ReadonlyMap<string, string>>();

  /** Forgets what cannot be read any more. */
  keepCurrent(repositories: ReadonlyMap<string, Tip>): void {
    for (const id of this.#byDestination.keys()) if (!repositories.has(id)) this.#byDestination.delete(id);
    if (this.#byDestination.size === 0) this.#namespaces.clear();
  }

  /** Why a newcomer cannot have its workload; null: it can. @throws ProductError when a tip cannot be read */
  async against({ dso, members }: PlacedDso, repositories: ReadonlyMap<string, Tip>): Promise<Verdict | null> {
    for (const { name, targetNamespace, destination } of members) {
      const repository = repositories.get(destination.id);
      if (!repository) continue;
      const { claims } = await this.#of(destination.id, destination.root, repository);
      for (const { path, owner, namespaces } of claims.get(targetKey(dso.target))?.values() ?? []) {
        if (owner === dso.key || namespaces.get(name) !== targetNamespace) continue;
        const { kind, name: workload } = dso.target;
        const message = `by ${path} ${owner} scales ${kind} ${workload} in namespace ${targetNamespace} of member ${name}; two overlays of one workload undo each other: bring ${owner} back, or run: dso-gitops release ${owner}`;
        return { kind: 'stalled', reason: 'WorkloadTaken', message };
      }
    }
    return null;
  }

  async #of(id: string, root: string, repository: Tip): Promise<Known> {
    const { tip } = repository;
    const before = this.#byDestination.get(id);
    if (before?.tip === tip) return before;
    const known = { tip, records: before?.records ?? new Map(), claims: before?.claims ?? new Map() };
    // What fails in between is begun anew.
    this.#byDestination.delete(id);
    const paths = await repository.files(`${root}/decisions`);
    const there = new Set(paths);
    for (const path of known.records.keys()) if (!there.has(path)) forget(known, path);
    for (const part of slices(paths, BATCH)) await this.#read(known, part, repository);
    this.#byDestination.set(id, known);
    return known;
  }

  async #read(known: Known, paths: readonly string[], repository: Tip): Promise<void> {
    const entries = await repository.entries(paths);
    const changed = paths.flatMap((path) => {
      const id = entries.get(path)?.id ?? '';
      return known.records.get(path)?.id === id ? [] : [{ path, id }];
    });
    const texts = await repository.contents(changed.map(({ id }) => id).filter((id) => id !== ''));
    for (const { path, id } of changed) {
      forget(known, path);
      const record = parseRecord(texts.get(id) ?? '');
      const target = record && targetKey(record.target);
      known.records.set(path, { id, target });
      if (!record || target === null) continue;
      const alike = known.claims.get(target) ?? new Map<string, Claim>();
      known.claims.set(target, alike.set(path, this.#claimOf(path, record)));
    }
  }

  #claimOf(path: string, { metadata, members }: DecisionRecord): Claim {
    const namespaces = Object.entries(members).map(([name, { targetNamespace }]) => [name, targetNamespace] as const);
    const key = JSON.stringify(namespaces);
    const shared = this.#namespaces.get(key) ?? new Map(namespaces);
    this.#namespaces.set(key, shared);
    return { path, owner: `${metadata.namespace}/${metadata.name}`, namespaces: shared };
  }
}

function forget({ records, claims }: Known, path: string): void {
  const target = records.get(path)?.target ?? null;
  records.delete(path);
  if (target === null) return;
  const alike = claims.get(target);
  alike?.delete(path);
  if (alike?.size === 0) claims.delete(target);
}

function targetKey({ group, kind, name }: PlacedDso['dso']['target']): string {
  return `${group} ${kind} ${name}`;
}
