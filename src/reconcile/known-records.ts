import type { LandedRecord } from './landed.ts';

/** The last record of every DSO that was read or written: reading its blob again would give the same. */
export class KnownRecords {
  readonly #last = new Map<string, LandedRecord>();

  /** @param key of the DSO */
  find(key: string, id: string): LandedRecord | null {
    const last = this.#last.get(key);
    return last?.id === id ? last : null;
  }

  /** Keeps it in place of the one before. */
  keep(key: string, record: LandedRecord): void {
    this.#last.set(key, record);
  }

  /** Forgets one that is about to be replaced. */
  forget(key: string): void {
    this.#last.delete(key);
  }

  /** Forgets the records of all other DSOs. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#last.keys()) if (!keys.has(key)) this.#last.delete(key);
  }
}
