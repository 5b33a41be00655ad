import { isDeepStrictEqual } from 'node:util';
import { ofKeda, type ScaledObjectContent, SEEDED, scaledObjectOf } from '../api/keda.ts';
import { asProductError, type ProductError } from '../errors.ts';
import { WriteQueue } from '../kubernetes/write-queue.ts';
import type { DsoOutcome, TickResult } from '../reconcile/outcome.ts';
import { isOver } from '../reconcile/wait.ts';
import type { HubDso, StoredDso } from '../sources/hub.ts';
import type { KeptScaledObject, ScaledObjectState } from '../sources/scaled-objects.ts';
import type { ScaledObjectApi, WrittenScaledObject } from './scaled-object-api.ts';

/** What the keeper needs. */
export interface KeeperOptions {
  readonly api: ScaledObjectApi;
  /** What the hub has of the ScaledObject of a DSO. */
  readonly stateOf: (dso: StoredDso) => ScaledObjectState;
  readonly now: () => number;
  /** Told how every write went; one that failed is tried again when that can help. @param error null: it is written */
  readonly onWrite: (key: string, error: ProductError | null) => void;
}

/** What is to be done with the ScaledObject of one DSO. */
type Job = { readonly dso: StoredDso } & (
  | { readonly kind: 'create'; readonly total: number; readonly content: ScaledObjectContent }
  | { readonly kind: 'replace'; readonly object: KeptScaledObject; readonly content: ScaledObjectContent }
  | { readonly kind: 'remove'; readonly object: KeptScaledObject }
);

/** What was written last. */
interface Memory extends WrittenScaledObject {
  readonly spec: object;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly isShown: boolean;
}

/** The watch shows within this time what was written. */
const SHOWN_MS = 30_000;

/**
 * Keeps the ScaledObjects of the DSOs that KEDA scales: each is made when the total that it begins with is known and written
 * through the subresource scale, kept in line, and removed when its DSO has another engine.
 */
export class ScaledObjectKeeper {
  readonly #options: KeeperOptions;
  readonly #memories = new Map<string, Memory>();
  readonly #queue: WriteQueue<Job>;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#queue = new WriteQueue({
      now: options.now,
      write: (key, job) => this.#write(key, job),
      merge: (_older, newer) => newer,
      onDropped: (key) => this.#memories.delete(key),
    });
  }

  /** Takes what a tick came to. */
  offer({ dsos, outcomes }: TickResult): void {
    const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
    for (const dso of dsos) {
      const job = this.#queue.has(dso.key) ? null : this.#jobOf(dso, byKey.get(dso.key) ?? null);
      if (job) this.#queue.put(dso.key, job, 0);
    }
    const known = new Set(dsos.map(({ key }) => key));
    for (const key of this.#memories.keys()) if (!known.has(key)) this.#memories.delete(key);
    this.#queue.pump();
  }

  /** Resolves when what is waiting was tried. */
  async flush(): Promise<void> {
    await this.#queue.flush();
  }

  #jobOf({ key, effective, stored: dso }: HubDso, outcome: DsoOutcome | null): Job | null {
    // What is deleted goes with its owner, and of an object that is not valid nobody knows what it is to be.
    if (!dso || dso.isBeingDeleted || effective.kind !== 'dso') return null;
    const { engine, scaledObject, name, annotations } = effective.dso;
    if (engine !== 'keda' && dso.engine !== 'keda') return null;
    const state = this.#options.stateOf(dso);
    if (state.kind === 'own' && state.object.isBeingDeleted) return null;
    if (!scaledObject) return state.kind === 'own' ? { dso, kind: 'remove', object: state.object } : null;
    const content = scaledObjectOf(name, annotations, scaledObject);
    if (state.kind === 'own') {
      const { object } = state;
      return this.#isInLine(key, object, content) ? null : { dso, kind: 'replace', object, content };
    }
    const total = outcome?.decided?.state?.demand.total;
    if (state.kind !== 'absent' || total === undefined || this.#isOnItsWay(key)) return null;
    return { dso, kind: 'create', total, content };
  }

  /** The API server adds defaults to what was written: that nothing was changed since is told by its generation. */
  #isInLine(key: string, { uid, generation, annotations }: KeptScaledObject, content: ScaledObjectContent): boolean {
    const memory = this.#memories.get(key);
    if (memory?.uid !== uid) return false;
    if (!memory.isShown) this.#memories.set(key, { ...memory, isShown: true });
    return (
      generation <= memory.generation &&
      isDeepStrictEqual(memory.spec, content.spec) &&
      isDeepStrictEqual(ofKeda(annotations), content.annotations)
    );
  }

  /** It was made, and the watch does not show it yet. */
  #isOnItsWay(key: string): boolean {
    const memory = this.#memories.get(key);
    if (!memory || memory.isShown) return false;
    return !isOver({ since: memory.at, until: memory.at + SHOWN_MS }, this.#options.now());
  }

  async #write(key: string, job: Job): Promise<ProductError | null> {
    const { api, now, onWrite } = this.#options;
    const { dso } = job;
    try {
      if (job.kind === 'remove') {
        await api.remove(dso, job.object.uid);
        this.#memories.delete(key);
      } else {
        const written =
          job.kind === 'create'
            ? await api.create(dso, job.content, await api.scale(dso, job.total))
            : await api.replace(dso, job.object.uid, job.content, job.object.annotations[SEEDED]);
        const isShown = job.kind === 'replace';
        this.#memories.set(key, { ...written, spec: job.content.spec, at: now(), isShown });
      }
      onWrite(key, null);
      return null;
    } catch (thrown) {
      const error = asProductError(thrown);
      // Somebody was faster, or it is gone: the watch shows it, and what is to be done then.
      const isOvertaken = error.kind === 'retry' || error.reason === 'NotFound';
      onWrite(key, isOvertaken ? null : error);
      return error;
    }
  }
}
