import type { ProductError } from '../errors.ts';
import { dsoField, type LogEntry } from './log.ts';

/** Entries for writes to the hub that fail: the same failure is said once, and again when it comes back. */
export class WriteLog {
  readonly #said = new Map<string, string>();

  /** How a write of one DSO went. @param error null: it is written */
  of(key: string, what: string, error: ProductError | null): readonly LogEntry[] {
    const about = `${what} ${key}`;
    if (error === null) {
      this.#said.delete(about);
      return [];
    }
    const { reason, message } = error;
    if (this.#said.get(about) === message) return [];
    this.#said.set(about, message);
    const fields = { ...dsoField(key), reason, error: message };
    return [{ level: 'error', message: 'not written to the hub', fields, text: `${key} ${reason}: ${message}` }];
  }
}
