import type { Reply } from './reply.ts';

/** What happens instead of an answer, or once it was given. */
export interface Fault {
  /** Requests it meets, as `GET /repos/o/n/pulls`. */
  readonly on: RegExp;
  /** How often; every time where it is not given. */
  readonly times?: number;
  /** `silent`: never an answer. `cut`: the connection ends. `lost`: the work is done, and then the connection ends. */
  readonly answer: Reply | 'silent' | 'cut' | 'lost';
}

/** Faults that are on. */
export class Faults {
  #on: { readonly fault: Fault; left: number }[] = [];

  /** Until it has happened as often as it says, or the function is called. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#on.push(entry);
    return () => {
      this.#on = this.#on.filter((one) => one !== entry);
    };
  }

  /** What happens to this request; null: nothing. */
  of(request: string): Fault['answer'] | null {
    const entry = this.#on.find(({ fault, left }) => left > 0 && fault.on.test(request));
    if (!entry) return null;
    entry.left -= 1;
    return entry.fault.answer;
  }
}
