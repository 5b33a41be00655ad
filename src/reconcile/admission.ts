import type { Dso } from '../api/effective.ts';
import type { Configuration } from '../config/load.ts';
import { ProductError } from '../errors.ts';
import type { HubDso, HubSnapshot } from '../sources/hub.ts';
import { admit } from './admit.ts';
import type { Connections } from './connections.ts';
import type { Candidate } from './decider.ts';
import { type KnownMembers, knownMembers } from './known-members.ts';
import type { DsoOutcome } from './outcome.ts';
import type { PlacedDso, SharedMembers } from './place.ts';

/** The DSOs of the hub: those that are to be decided, and what is to be said of the others. */
export interface Admitted {
  readonly candidates: readonly Candidate[];
  /** By key. */
  readonly others: ReadonlyMap<string, DsoOutcome>;
}

/** Places the DSOs of the hub; what did not change keeps its place. */
export class Admission {
  /** Lists of members that DSOs share. */
  readonly shared: SharedMembers = new Map();
  readonly #configuration: Configuration;
  readonly #connections: Connections;
  readonly #places = new WeakMap<Dso, { readonly placed: PlacedDso; readonly known: string }>();

  constructor(configuration: Configuration, connections: Connections) {
    this.#configuration = configuration;
    this.#connections = connections;
  }

  /** Places all of a snapshot; of those of which nothing can be said yet nothing is said. */
  async all(snapshot: HubSnapshot): Promise<Admitted> {
    const known = await knownMembers(snapshot, this.#configuration, this.#connections);
    const text = textOf(known);
    const candidates: Candidate[] = [];
    const others = new Map<string, DsoOutcome>();
    for (const source of snapshot.dsos) {
      const result = this.#admit(source, known, text);
      if (result === null) continue;
      if ('key' in result) others.set(source.key, result);
      else candidates.push({ placed: result, source });
    }
    return { candidates, others };
  }

  /** Places one of a snapshot; null: nothing can be said of it yet. */
  async one(source: HubDso, snapshot: HubSnapshot): Promise<PlacedDso | DsoOutcome | null> {
    const known = await knownMembers(snapshot, this.#configuration, this.#connections);
    return this.#admit(source, known, textOf(known));
  }

  /** null: nothing can be said before its home is read for the first time. */
  #admit(source: HubDso, members: KnownMembers, known: string): PlacedDso | DsoOutcome | null {
    const { effective } = source;
    const [first] = this.#connections.branches;
    if (members instanceof ProductError && first?.isConnecting) return null;
    const found = effective.kind === 'dso' ? this.#places.get(effective.dso) : undefined;
    const earlier = found?.known === known ? found.placed : undefined;
    const { unreadable } = this.#connections;
    const admitted = admit(source, earlier, members, this.#configuration, unreadable, this.shared);
    if ('dso' in admitted && admitted !== earlier) this.#places.set(admitted.dso, { placed: admitted, known });
    return 'dso' in admitted && this.#connections.branch(admitted.home.id).isConnecting ? null : admitted;
  }
}

function textOf(known: KnownMembers): string {
  return known instanceof ProductError ? '' : known.join();
}
