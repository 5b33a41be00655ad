import type { HubSnapshot } from '../sources/hub.ts';
import type { Candidate } from './decider.ts';
import type { SharedMembers } from './place.ts';

/** What remembers DSOs by key. */
interface Memory {
  /** Forgets all others, but for what is saved nowhere else. */
  keepOnly(keys: ReadonlySet<string>): void;
}

/** How often what is gone is looked for; one that comes back sooner is not forgotten. */
const SWEEP_MS = 600_000;

/** Forgets what is remembered of DSOs that are gone: in a process that stays for months it would add up. */
export class Gone {
  readonly #memories: readonly Memory[];
  readonly #shared: SharedMembers;
  #present: ReadonlySet<string> = new Set();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(memories: readonly Memory[], shared: SharedMembers) {
    this.#memories = memories;
    this.#shared = shared;
  }

  /** Looks for what is gone, if it is time to. */
  sweep({ dsos }: HubSnapshot, candidates: readonly Candidate[], now: number): void {
    if (Math.abs(now - this.#sweptAt) < SWEEP_MS) return;
    this.#sweptAt = now;
    const present = new Set(dsos.map(({ key }) => key));
    const kept = new Set([...present, ...this.#present]);
    for (const memory of this.#memories) memory.keepOnly(kept);
    const used = new Set(candidates.map(({ placed }) => placed.members));
    for (const [alike, members] of this.#shared) if (!used.has(members)) this.#shared.delete(alike);
    this.#present = present;
  }
}
