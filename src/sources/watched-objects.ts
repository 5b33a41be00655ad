import type { KubernetesClient } from '../kubernetes/client.ts';
import { type Begun, Reflector } from '../kubernetes/reflector.ts';
import type { HubObject, Observation, ObservationProblem } from '../triggers/hub-object.ts';
import { parseDataObject } from './objects.ts';

/** An object that a trigger names. */
export interface ObjectName {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly namespace: string;
  readonly name: string;
}

/** What watches need. */
export interface WatchOptions {
  readonly client: KubernetesClient;
  readonly changed: () => void;
  readonly now: () => number;
  /** Read once and do not watch. */
  readonly isOnce: boolean;
}

/** More ConfigMaps than this are read by one watch of them all, of which only the named ones are kept. */
const MAX_SINGLE = 50;
/** Fewer than this are read one by one again. */
const FEW = 25;

type Watched = Begun<HubObject>;

/** One watch of all ConfigMaps, and which of them it keeps. */
interface WatchOfAll extends Watched {
  readonly covered: ReadonlySet<string>;
}

/**
 * The ConfigMaps and Secrets that triggers name, and no others. A Secret is always watched by its name. Where the ConfigMaps
 * become many or few, the new watches begin beside the old ones, which end when the new ones have read.
 */
export class WatchedObjects {
  readonly #options: WatchOptions;
  readonly #single = new Map<string, Watched>();
  /** null: there are few ConfigMaps, or it was not listed yet. */
  #all: WatchOfAll | null = null;
  /** Takes the place of `#all` and of the single ones as soon as it was listed. */
  #coming: WatchOfAll | null = null;
  #wanted: ReadonlyMap<string, ObjectName> = new Map();
  /** The ConfigMaps among them. */
  #maps: readonly string[] = [];

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Watches exactly these. */
  watch(names: readonly ObjectName[]): void {
    this.#wanted = new Map(names.map((name) => [idOf(name), name]));
    this.#maps = [...this.#wanted].flatMap(([id, { kind }]) => (kind === 'ConfigMap' ? id : []));
    for (const id of this.#single.keys()) if (!this.#wanted.has(id)) this.#endSingle(id);
    this.#all = this.#stillCovering(this.#all);
    this.#coming = this.#stillCovering(this.#coming);
    if (this.#hasFew) this.#endComing();
    const isCovered = (id: string): boolean =>
      !this.#hasFew && Boolean(this.#all?.covered.has(id) || this.#coming?.covered.has(id));
    const beside = this.#maps.filter((id) => !isCovered(id));
    if (beside.length > MAX_SINGLE) this.#watchAll();
    for (const [id, name] of this.#wanted) if (!this.#single.has(id) && !isCovered(id)) this.#watchOne(name);
    this.#arrange();
  }

  /** Resolves when each of them was read, or could not be. */
  async settled(): Promise<void> {
    const watches = [...this.#single.values(), this.#all, this.#coming].filter((one) => one !== null);
    await Promise.all(watches.map(({ reflector }) => reflector.settled()));
  }

  /** What is known of an object. */
  lookup(name: ObjectName): Observation {
    const id = idOf(name);
    const reflector = this.#readerOf(id);
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
    for (const id of this.#single.keys()) this.#endSingle(id);
    this.#all?.stop.abort();
    this.#endComing();
  }

  /** Who reads an object: one that has read it, before one that is only about to. */
  #readerOf(id: string): Reflector<HubObject> | null {
    const single = this.#single.get(id)?.reflector;
    const all = this.#all?.covered.has(id) ? this.#all.reflector : undefined;
    // Of ten thousand objects each is looked up at every tick.
    if (!single && !this.#coming) return all ?? null;
    const coming = this.#coming?.covered.has(id) ? this.#coming.reflector : undefined;
    const readers = [single, all, coming].filter((one) => one !== undefined);
    const synced = readers.filter(({ hasSynced }) => hasSynced);
    return synced.find(({ problem }) => problem === null) ?? synced[0] ?? readers[0] ?? null;
  }

  get #hasFew(): boolean {
    return this.#maps.length < FEW;
  }

  /** A name that was dropped meanwhile is not kept any more: it counts as new when it is wanted again. */
  #stillCovering(all: WatchOfAll | null): WatchOfAll | null {
    return all && { ...all, covered: new Set([...all.covered].filter((id) => this.#wanted.has(id))) };
  }

  /** Ends what others have taken the place of. */
  #arrange(): void {
    if (this.#coming?.reflector.hasSynced) {
      this.#all?.stop.abort();
      this.#all = this.#coming;
      this.#coming = null;
      for (const id of this.#all.covered) this.#endSingle(id);
    }
    const isReadSingly = (id: string): boolean => this.#single.get(id)?.reflector.hasSynced ?? false;
    if (!this.#all || !this.#hasFew || !this.#maps.every(isReadSingly)) return;
    this.#all.stop.abort();
    this.#all = null;
  }

  #endSingle(id: string): void {
    this.#single.get(id)?.stop.abort();
    this.#single.delete(id);
  }

  #endComing(): void {
    this.#coming?.stop.abort();
    this.#coming = null;
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
      kind === 'Secret' ? `dso-gitops install --export --secret ${namespace}/${name.name}` : undefined,
    );
    this.#single.set(idOf(name), reflector.begin());
  }

  #watchAll(): void {
    this.#endComing();
    const reflector = this.#reflector({ path: '/api/v1/configmaps', name: null }, 'configmaps', 'ConfigMap');
    this.#coming = { ...reflector.begin(), covered: new Set(this.#maps) };
  }

  #reflector(
    collection: { readonly path: string; readonly name: string | null },
    what: string,
    kind: ObjectName['kind'],
    granting?: string,
  ): Reflector<HubObject> {
    const { client, now, isOnce } = this.#options;
    const keep = (object: unknown): readonly [string, HubObject | null] | null => {
      const kept = keepObject(object, kind);
      return kept && !this.#wanted.has(kept[0]) ? [kept[0], null] : kept;
    };
    const changed = (): void => {
      this.#arrange();
      this.#options.changed();
    };
    return new Reflector({
      client,
      collection: { ...collection, form: null },
      keep,
      changed,
      what,
      now,
      isOnce,
      ...(granting !== undefined && { granting }),
    });
  }
}

function keepObject(object: unknown, kind: ObjectName['kind']): readonly [string, HubObject] | null {
  const parsed = parseDataObject({ value: object, locate: (problem) => ({ ...problem, where: '' }) }, kind);
  return parsed.kind === 'object' ? [idOf(parsed.object), parsed.object] : null;
}

function idOf({ kind, namespace, name }: Pick<HubObject, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

function pluralOf(kind: ObjectName['kind']): string {
  return kind === 'ConfigMap' ? 'configmaps' : 'secrets';
}
