import type { DemandSettings } from '../api/effective.ts';
import { objectKey } from '../api/names.ts';
import type { LocatedProblem } from '../api/problem.ts';
import { DSO_RESOURCE, dsoPath } from '../api/resource.ts';
import { mustAct, ProductError } from '../errors.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Collection } from '../kubernetes/list.ts';
import { type Begun, type Keep, Reflector, type ReflectorOptions } from '../kubernetes/reflector.ts';
import type { Observation, ObservationProblem } from '../triggers/hub-object.ts';
import { crdProblem, type InstalledCrd, keepCrd } from './crd-check.ts';
import { HUB, type Hub, type HubDso, type HubSnapshot } from './hub.ts';
import { MemberLists } from './member-lists.ts';
import { keepMembers, METADATA_ONLY, type RegisteredMembers } from './registered-members.ts';
import { noScale } from './scale.ts';
import { mayBeThere, ScaledObjects, whyNotCounted, whyNotOver } from './scaled-objects.ts';
import { isNewsOfDso, type KeptDso, keepDso } from './stored-dso.ts';
import { type ObjectName, WatchedObjects } from './watched-objects.ts';

/** A Kubernetes API as the hub. */
export interface KubernetesHubOptions {
  readonly client: KubernetesClient;
  readonly demand: DemandSettings;
  /** The Secret whose keys are the members; null: the configuration names them. */
  readonly memberSecret: { readonly namespace: string; readonly name: string } | null;
  /** Read once and do not watch. */
  readonly isOnce: boolean;
  readonly now: () => number;
}

/** How long a reading waits for what is not read yet. */
const SYNC_MS = 10_000;
/** How soon what shows what was written here is looked at. */
const ECHO_MS = 5000;

const CRD_PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A hub that watches DSOs, the CRD, the members' registration and exactly the objects that triggers name. */
export class KubernetesHub implements Hub {
  readonly keepsState = true;
  readonly #options: KubernetesHubOptions;
  readonly #crd: Reflector<InstalledCrd>;
  readonly #members: Reflector<RegisteredMembers> | null;
  readonly #objects: WatchedObjects;
  /** What KEDA has been asked for. */
  readonly scaledObjects: ScaledObjects;
  readonly #stop = new AbortController();
  #dsos: Begun<KeptDso> | null = null;
  #changed: () => void = () => undefined;
  #echo: NodeJS.Timeout | undefined;
  /** The DSOs that were read last, sorted by key, and what they are of. */
  #read: { readonly reflector: Reflector<KeptDso>; readonly version: number; readonly dsos: readonly HubDso[] } | null =
    null;

  constructor(options: KubernetesHubOptions) {
    this.#options = options;
    const { memberSecret } = options;
    this.#crd = this.#reflect({ path: CRD_PATH, name: DSO_RESOURCE, form: null }, keepCrd, `the CRD ${DSO_RESOURCE}`);
    this.#members =
      memberSecret &&
      this.#reflect(
        { path: `/api/v1/namespaces/${memberSecret.namespace}/secrets`, name: memberSecret.name, form: METADATA_ONLY },
        keepMembers,
        `the keys of Secret ${memberSecret.namespace}/${memberSecret.name}`,
      );
    const watched = { ...options, changed: () => this.#changed() };
    this.#objects = new WatchedObjects(watched);
    this.scaledObjects = new ScaledObjects(watched);
  }

  /** Starts; `changed` is called on every change. */
  start(changed: () => void): void {
    this.#changed = changed;
    this.#crd.start(this.#stop.signal);
    this.#members?.start(this.#stop.signal);
  }

  /** Ends all watches. */
  stop(): void {
    clearTimeout(this.#echo);
    this.#stop.abort();
    this.#dsos?.stop.abort();
    this.#objects.stop();
    this.scaledObjects.stop();
  }

  async read(signal: AbortSignal): Promise<HubSnapshot> {
    const reflector = await this.#readableDsos(signal);
    const dsos = this.#readDsos(reflector);
    const settled = Promise.all([this.#objects.settled(), this.scaledObjects.settled(), this.#members?.settled()]);
    await within(SYNC_MS, settled, signal);
    const members = this.#knownMembers();
    return {
      dsos,
      lookup: (kind, namespace, name) => {
        if (kind !== 'Scale') return this.#objects.lookup({ kind, namespace, name });
        return this.#scaleOf(reflector.items.get(objectKey(namespace, name))?.dso);
      },
      members,
      problems: [
        ...problemOf(reflector),
        ...(members instanceof ProductError ? [inHub(members)] : problemOf(this.#members)),
        ...problemOf(this.#crd),
      ],
    };
  }

  /** Watches what they name, where another one came or one says something else than before. */
  #readDsos(reflector: Reflector<KeptDso>): readonly HubDso[] {
    const { version } = reflector;
    const last = this.#read?.reflector === reflector ? this.#read : null;
    if (last?.version === version) return last.dsos;
    const dsos = Array.from(reflector.items.values(), ({ dso }) => dso);
    dsos.sort((one, other) => (one.key < other.key ? -1 : 1));
    const isSame = last?.dsos.length === dsos.length && dsos.every((dso, index) => isAlike(dso, last.dsos[index]));
    if (!isSame) {
      this.#objects.watch(dsos.flatMap(objectsOf));
      this.scaledObjects.need(dsos.some(needsKeda));
    }
    this.#read = { reflector, version, dsos };
    return dsos;
  }

  async #readableDsos(signal: AbortSignal): Promise<Reflector<KeptDso>> {
    await within(SYNC_MS, this.#crd.settled(), signal);
    // Who may not read the CRD finds out when DSOs are listed.
    if (this.#crd.hasSynced) this.#followCrd(crdProblem(this.#crd.items.get(DSO_RESOURCE)));
    else this.#watchDsos();
    const { reflector } = this.#dsos ?? this.#watchDsos();
    await within(SYNC_MS, reflector.settled(), signal);
    if (reflector.hasSynced) return reflector;
    if (reflector.problem?.reason === 'NotFound') throw crdProblem(undefined) ?? reflector.problem;
    throw (
      reflector.problem ??
      new ProductError('later', 'HubUnreachable', `${this.#options.client.server} did not answer yet`)
    );
  }

  #followCrd(problem: ProductError | null): void {
    if (problem === null) {
      this.#watchDsos();
      return;
    }
    this.#dsos?.stop.abort();
    this.#dsos = null;
    throw problem;
  }

  #watchDsos(): Begun<KeptDso> {
    if (this.#dsos) return this.#dsos;
    const settings = { ...this.#options.demand, isCluster: true };
    const lists = new MemberLists();
    const reflector = this.#reflect<KeptDso>(
      { path: dsoPath(null), name: null, form: null },
      (object, earlier) => keepDso(object, { settings, lists, now: this.#options.now() }, earlier),
      DSO_RESOURCE,
      (before, after) => (isNewsOfDso(before, after) ? this.#changed() : this.#noticeEcho()),
    );
    this.#dsos = reflector.begin();
    return this.#dsos;
  }

  /** What shows what was written here is looked at soon, and not each time: ten thousand statuses are as many events. */
  #noticeEcho(): void {
    this.#echo ??= setTimeout(() => {
      this.#echo = undefined;
      this.#changed();
    }, ECHO_MS).unref();
  }

  #scaleOf(dso: HubDso | undefined): Observation {
    const problem = dso ? this.#scaleProblem(dso) : null;
    if (problem) return { object: null, problem };
    if (dso?.scale) return { object: dso.scale, problem: null };
    const [namespace = '', name = ''] = dso?.key.split('/') ?? [];
    const message = `nobody has scaled it since its engine was chosen; what its manifest says does not count, run: kubectl -n ${namespace} scale dso/${name} --replicas=<total>`;
    return noScale(message);
  }

  /** Why the number does not count now, where KEDA writes it or wrote it; null: it does, or KEDA is not asked. */
  #scaleProblem({ effective, stored }: HubDso): ObservationProblem | null {
    if (effective.kind !== 'dso' || !stored) return null;
    const isAsked = effective.dso.engine === 'keda';
    if (!isAsked && stored.engine !== 'keda') return null;
    const state = this.scaledObjects.of(stored);
    if (!isAsked && !mayBeThere(state)) return null;
    if (state.kind === 'unknown') return state.problem;
    const why = isAsked ? whyNotCounted(state, stored) : whyNotOver(state);
    return why && { ...why, since: this.#options.now(), isRefused: true };
  }

  #knownMembers(): readonly string[] | ProductError | null {
    const { memberSecret } = this.#options;
    if (!this.#members || !memberSecret) return null;
    if (!this.#members.hasSynced && this.#members.problem) return this.#members.problem;
    const registered = this.#members.items.get(memberSecret.name);
    if (registered?.names !== null) return registered?.names ?? [];
    const { namespace, name } = memberSecret;
    const message = `which members Secret ${namespace}/${name} registers cannot be told: it is empty, or its managedFields, where the names of its keys are, were removed; bring them back with: kubectl -n ${namespace} get secret ${name} -o yaml | kubectl apply --server-side --force-conflicts -f - ; run goes on by itself when it is there`;
    return mustAct('MembersUnknown', message);
  }

  #reflect<T>(
    collection: Collection,
    keep: Keep<T>,
    what: string,
    replaced: ReflectorOptions<T>['replaced'] = () => this.#changed(),
  ): Reflector<T> {
    const { client, now, isOnce } = this.#options;
    return new Reflector({ client, collection, keep, what, now, isOnce, changed: () => this.#changed(), replaced });
  }
}

/** Whether a DSO that was read again names the same objects: often it is only its status that is another one. */
function isAlike({ effective, stored }: HubDso, before: HubDso | undefined): boolean {
  return effective === before?.effective && stored?.engine === before.stored?.engine;
}

/** The objects that the triggers of a DSO name. */
function objectsOf({ effective }: HubDso): readonly ObjectName[] {
  if (effective.kind !== 'dso') return [];
  const { namespace, triggers } = effective.dso;
  return triggers.flatMap(({ resource: { resourceKind: kind, resourceName: name } }) => {
    return kind === 'Scale' ? [] : [{ kind, namespace, name }];
  });
}

/** Also one that is not asked for any more has to be removed. */
function needsKeda({ effective, stored }: HubDso): boolean {
  return (effective.kind === 'dso' && effective.dso.engine === 'keda') || stored?.engine === 'keda';
}

function problemOf<T>(reflector: Reflector<T> | null): readonly LocatedProblem[] {
  const problem = reflector?.hasSynced ? reflector.problem : null;
  return problem ? [inHub(problem)] : [];
}

function inHub({ reason, message }: ProductError): LocatedProblem {
  return { where: HUB, path: [], message: `${reason}: ${message}` };
}

/** Waits, but not for ever. @throws the reason of the signal, at once */
async function within(ms: number, done: Promise<unknown> | undefined, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    stop = resolve;
    timer = setTimeout(resolve, ms);
  });
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([done, over]);
  signal.removeEventListener('abort', stop);
  clearTimeout(timer);
  signal.throwIfAborted();
}
