import type { KubernetesClient } from '../kubernetes/client.ts';
import { Reflector } from '../kubernetes/reflector.ts';
import type { HubObject, Observation, ObservationProblem } from '../triggers/hub-object.ts';
import { parseDataObject } from './objects.ts';

/** An object that a trigger names. */
export interface ObjectName {
  readonly kind: HubObject['kind'];
  readonly namespace: string;
  readonly name: string;
}

/** What the watched objects need. */
export interface WatchedObjectsOptions {
  readonly client: KubernetesClient;
  readonly changed: () => void;
  readonly now: () => number;
  /** Read once and do not watch. */
  readonly isOnce: boolean;
  readonly idleMs?: number;
}

/** More ConfigMaps than this are read by one watch of them all, of which only the named ones are kept. */
const MAX_SINGLE = 50;

interface Watched {
  readonly reflector: Reflector<HubObject>;
  readonly stop: AbortController;
}

/** The ConfigMaps and Secrets that triggers name, and no others. A Secret is always watched by its name. */
export class WatchedObjects {
  readonly #options: WatchedObjectsOptions;
  readonly #single = new Map<string, Watched>();
  /** One watch of all ConfigMaps and what of them is kept; null: there are few. */
  #all: (Watched & { readonly covered: ReadonlySet<string> }) | null = null;
  #wanted: ReadonlySet<string> = new Set();

  constructor(options: WatchedObjectsOptions) {
    this.#options = options;
  }

  /** Watches exactly these. */
  watch(names: readonly ObjectName[]): void {
    this.#wanted = new Set(names.map(idOf));
    for (const [id, { stop }] of this.#single) {
      if (this.#wanted.has(id)) continue;
      stop.abort();
      this.#single.delete(id);
    }
    // A name that was dropped meanwhile is not kept any more: it counts as new when it is wanted again.
    if (this.#all)
      this.#all = { ...this.#all, covered: new Set([...this.#all.covered].filter((id) => this.#wanted.has(id))) };
    const fresh = names.filter((name) => !this.#single.has(idOf(name)) && !this.#all?.covered.has(idOf(name)));
    const maps = names.filter(({ kind }) => kind === 'ConfigMap');
    const singleMaps = [...this.#single.keys()].filter((id) => id.startsWith('ConfigMap ')).length;
    const freshMaps = fresh.filter(({ kind }) => kind === 'ConfigMap').length;
    if (singleMaps + freshMaps > MAX_SINGLE) this.#watchAll(maps);
    for (const name of fresh) if (!this.#all?.covered.has(idOf(name))) this.#watchOne(name);
  }

  /** Resolves when each of them was read, or could not be. */
  async settled(): Promise<void> {
    const reflectors = [...this.#single.values(), ...(this.#all ? [this.#all] : [])];
    await Promise.all(reflectors.map(({ reflector }) => reflector.settled()));
  }

  /** What is known of an object. */
  lookup(name: ObjectName): Observation {
    const id = idOf(name);
    const reflector = this.#single.get(id)?.reflector ?? (this.#all?.covered.has(id) ? this.#all.reflector : null);
    if (!reflector) return { object: null, problem: this.#unknown(id) };
    const object = reflector.items.get(id) ?? null;
    const { problem, failingSince, hasSynced } = reflector;
    if (problem) {
      const { reason, message } = problem;
      const isRefused = reason === 'Forbidden' || !hasSynced;
      return { object, problem: { reason, message, since: failingSince ?? this.#options.now(), isRefused } };
    }
    return { object, problem: hasSynced ? null : this.#unknown(id) };
  }

  /** Ends all watches. */
  stop(): void {
    for (const { stop } of this.#single.values()) stop.abort();
    this.#all?.stop.abort();
  }

  #unknown(id: string): ObservationProblem {
    return { reason: 'NotObserved', message: `${id} was not read yet`, since: this.#options.now(), isRefused: true };
  }

  #watchOne(name: ObjectName): void {
    const { kind, namespace } = name;
    const plural = pluralOf(kind);
    const reflector = this.#reflector(
      { path: `/api/v1/namespaces/${namespace}/${plural}`, name: name.name },
      `${plural} ${name.name} in namespace ${namespace}`,
      kind,
    );
    this.#single.set(idOf(name), this.#start(reflector));
  }

  #watchAll(names: readonly ObjectName[]): void {
    this.#all?.stop.abort();
    for (const name of names) {
      this.#single.get(idOf(name))?.stop.abort();
      this.#single.delete(idOf(name));
    }
    const reflector = this.#reflector({ path: '/api/v1/configmaps', name: null }, 'configmaps', 'ConfigMap');
    this.#all = { ...this.#start(reflector), covered: new Set(names.map(idOf)) };
  }

  #reflector(
    collection: { readonly path: string; readonly name: string | null },
    what: string,
    kind: HubObject['kind'],
  ): Reflector<HubObject> {
    const { client, changed, now, isOnce, idleMs } = this.#options;
    const keep = (object: unknown): readonly [string, HubObject | null] | null => {
      const kept = keepObject(object, kind);
      return kept && !this.#wanted.has(kept[0]) ? [kept[0], null] : kept;
    };
    const idle = idleMs === undefined ? {} : { idleMs };
    return new Reflector({
      client,
      collection: { ...collection, form: null },
      keep,
      changed,
      what,
      now,
      isOnce,
      ...idle,
    });
  }

  #start(reflector: Reflector<HubObject>): Watched {
    const stop = new AbortController();
    reflector.start(stop.signal);
    return { reflector, stop };
  }
}

function keepObject(object: unknown, kind: HubObject['kind']): readonly [string, HubObject] | null {
  const parsed = parseDataObject({ value: object, locate: (problem) => ({ ...problem, where: '' }) }, kind);
  return parsed.kind === 'object' ? [idOf(parsed.object), parsed.object] : null;
}

function idOf({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace}/${name}`;
}

function pluralOf(kind: HubObject['kind']): string {
  return kind === 'ConfigMap' ? 'configmaps' : 'secrets';
}
