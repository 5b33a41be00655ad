import { isDeepStrictEqual } from 'node:util';
import type { Dso } from '../api/effective.ts';
import { notOfKeda, ofKeda, type ScaledObjectContent, SEEDED, SEEDED_AT, scaledObjectOf } from '../api/keda.ts';
import { asProductError, type ProductError } from '../errors.ts';
import { WriteQueue } from '../kubernetes/write-queue.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import { isOver } from '../reconcile/wait.ts';
import type { StoredDso } from '../sources/hub.ts';
import { isOverwritten, type KeptScaledObject, type ScaledObjectState } from '../sources/scaled-objects.ts';
import type { ScaledObjectApi, WrittenScaledObject } from './scaled-object-api.ts';

/** What the keeper needs. */
export interface KeeperOptions {
  readonly api: ScaledObjectApi;
  /** What the hub has of the ScaledObject of a DSO; null: nobody needs one. */
  readonly stateOf: (dso: StoredDso) => ScaledObjectState | null;
  readonly now: () => number;
  /** Told how every write went; one that failed is tried again when that can help. @param error null: it is written */
  readonly onWrite: (key: string, error: ProductError | null) => void;
  /** Told that others were faster: the watch may have shown that already, so look again. */
  readonly onRefused: () => void;
}

/** What is to be done with the ScaledObject of one DSO. */
type Step =
  | { readonly kind: 'create'; readonly total: number; readonly content: ScaledObjectContent }
  /** `total`: is written through the subresource scale before; null: what is there counts. */
  | {
      readonly kind: 'replace';
      readonly object: KeptScaledObject;
      readonly total: number | null;
      readonly content: ScaledObjectContent;
    }
  | { readonly kind: 'remove'; readonly object: KeptScaledObject };

/** What of a DSO tells what is to be done. */
interface Concerned {
  readonly dso: Dso;
  readonly stored: StoredDso;
  /** What is decided; null: it is not known. */
  readonly total: number | null;
}

/** What was written last. */
interface Memory extends WrittenScaledObject {
  readonly content: ScaledObjectContent;
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
  /**
   * What the last tick showed of those that have a ScaledObject or are to have one. What is to be done is found when it is
   * done: nothing is tried again that nobody wants any more.
   */
  #tick: ReadonlyMap<string, Concerned> = new Map();
  readonly #queue: WriteQueue<null>;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#queue = new WriteQueue({
      now: options.now,
      write: (key) => this.#write(key),
      merge: () => null,
      onDropped: (key) => {
        this.#memories.delete(key);
        options.onRefused();
      },
    });
  }

  /** Takes what a tick came to. */
  offer({ dsos, outcomes }: TickResult): void {
    const tick = new Map<string, Concerned>();
    for (const { key, effective, stored } of dsos) {
      // What is deleted goes with its owner, and of an object that is not valid nobody knows what it is to be.
      if (!stored || stored.isBeingDeleted || effective.kind !== 'dso') continue;
      const isConcerned = effective.dso.engine === 'keda' || this.#options.stateOf(stored)?.kind === 'own';
      if (isConcerned) tick.set(key, { dso: effective.dso, stored, total: null });
    }
    for (const { key, decided } of outcomes) {
      const one = tick.get(key);
      if (one) tick.set(key, { ...one, total: decided?.state?.demand.total ?? null });
    }
    this.#tick = tick;
    for (const key of tick.keys()) if (!this.#queue.has(key) && this.#stepOf(key)) this.#queue.put(key, null, 0);
    for (const key of this.#memories.keys()) if (!this.#tick.has(key)) this.#memories.delete(key);
    this.#queue.pump();
  }

  /** Resolves when what is waiting was tried. @param end from then on nothing is begun */
  async flush(end: AbortSignal): Promise<void> {
    await this.#queue.flush(end);
  }

  /** What is to be done now; null: nothing. */
  #stepOf(key: string): Step | null {
    const one = this.#tick.get(key);
    const state = one && this.#options.stateOf(one.stored);
    if (!state || state.kind === 'unknown' || state.kind === 'foreign') return null;
    const { stored, total } = one;
    const { scaledObject, name, annotations } = one.dso;
    const object = state.kind === 'own' ? state.object : null;
    if (object?.isBeingDeleted) return null;
    if (!scaledObject) return object && { kind: 'remove', object };
    const content = scaledObjectOf(name, annotations, scaledObject);
    if (object) {
      const given = isOverwritten(object, stored) ? total : null;
      return given === null && this.#isInLine(key, object, content)
        ? null
        : { kind: 'replace', object, total: given, content };
    }
    return total === null || this.#isOnItsWay(key) ? null : { kind: 'create', total, content };
  }

  /** The API server adds to what was written: that nothing was changed since is told by its generation. */
  #isInLine(key: string, { uid, generation, annotations }: KeptScaledObject, content: ScaledObjectContent): boolean {
    const memory = this.#memories.get(key);
    if (memory?.uid !== uid) return false;
    if (!memory.isShown) this.#memories.set(key, { ...memory, isShown: true });
    return (
      generation <= memory.generation &&
      isDeepStrictEqual(memory.content, content) &&
      isDeepStrictEqual(ofKeda(annotations), ofKeda(memory.annotations))
    );
  }

  /** It was made, and the watch does not show it yet. */
  #isOnItsWay(key: string): boolean {
    const memory = this.#memories.get(key);
    if (!memory || memory.isShown) return false;
    return !isOver({ since: memory.at, until: memory.at + SHOWN_MS }, this.#options.now());
  }

  async #write(key: string): Promise<ProductError | null> {
    const { now, onWrite } = this.#options;
    const [step, dso] = [this.#stepOf(key), this.#tick.get(key)?.stored];
    if (!step || !dso) return null;
    try {
      const written = await this.#do(step, dso);
      if (written && step.kind !== 'remove')
        this.#memories.set(key, { ...written, content: step.content, at: now(), isShown: step.kind === 'replace' });
      else this.#memories.delete(key);
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

  async #do(step: Step, dso: StoredDso): Promise<WrittenScaledObject | null> {
    const { api } = this.#options;
    if (step.kind === 'remove') {
      await api.remove(dso, step.object.uid);
      return null;
    }
    const { content, total } = step;
    const given = total === null ? {} : { [SEEDED]: `${total}`, [SEEDED_AT]: await api.scale(dso, total) };
    if (step.kind === 'create')
      return api.create(dso, { ...content, annotations: { ...content.annotations, ...given } });
    // Those of others stay.
    const annotations = { ...notOfKeda(step.object.annotations), ...content.annotations, ...given };
    return api.replace(dso, step.object.uid, { ...content, annotations });
  }
}
