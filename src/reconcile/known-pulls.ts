import type { PullRequest } from '../forge/forge.ts';
import { parseMarker } from '../proposal/marker.ts';
import { HOLD_LABEL } from '../proposal/next-step.ts';

/** A person's no to a workload. */
export interface PersonsNo {
  /** Stable. */
  readonly reason: string;
  readonly message: string;
}

/** What pull requests are about, by workload and by group: of one without its last line only the group is known. */
class Index<T> {
  readonly #byKey = new Map<string, T>();
  readonly #byGroup = new Map<string, T>();

  add({ body }: PullRequest, group: string, value: T): void {
    const numbers = parseMarker(body)?.numbers;
    if (!numbers) setFirst(this.#byGroup, group, value);
    else for (const key of Object.keys(numbers)) setFirst(this.#byKey, key, value);
  }

  find(key: string, group: string): T | null {
    return this.#byKey.get(key) ?? this.#byGroup.get(group) ?? null;
  }
}

/** The pull requests of one branch as the forge told them last. */
export class KnownPulls {
  /** The newest first. */
  readonly all: readonly PullRequest[];
  /** Those that are open, by group. */
  readonly open: ReadonlyMap<string, PullRequest>;
  readonly #groupOf: (pull: PullRequest) => string | null;
  readonly #refused = new Index<PersonsNo>();
  readonly #ofOpen = new Index<PullRequest>();
  readonly #ofEnded = new Index<PullRequest>();

  /** @param groupOf null: it is none of the branch */
  constructor(pulls: readonly PullRequest[], groupOf: (pull: PullRequest) => string | null) {
    this.#groupOf = groupOf;
    this.all = pulls.filter((pull) => groupOf(pull) !== null).sort((one, other) => other.number - one.number);
    const open = new Map<string, PullRequest>();
    for (const pull of this.all) {
      const group = groupOf(pull);
      if (group === null) continue;
      const no = noOf(pull);
      if (no) this.#refused.add(pull, group, no);
      (pull.state === 'open' ? this.#ofOpen : this.#ofEnded).add(pull, group, pull);
      if (pull.state === 'open') setFirst(open, group, pull);
    }
    this.open = open;
  }

  /** The same with one as it is now. */
  with(pull: PullRequest): KnownPulls {
    return new KnownPulls([pull, ...this.all.filter(({ number }) => number !== pull.number)], this.#groupOf);
  }

  /** A person's no to a workload; null: there is none. */
  noTo(key: string, group: string): PersonsNo | null {
    return this.#refused.find(key, group);
  }

  /** The pull request that speaks for a workload: the open one, or else the last; null: there is none. */
  pullOf(key: string, group: string): PullRequest | null {
    return this.#ofOpen.find(key, group) ?? this.#ofEnded.find(key, group);
  }

  /** Those by whose end a person has said no to one of the workloads. @param keys by the group they are in */
  closedFor(keys: ReadonlyMap<string, string>): readonly PullRequest[] {
    return this.all.filter((pull) => {
      const numbers = parseMarker(pull.body)?.numbers;
      const isAbout = ([key, group]: readonly [string, string]): boolean =>
        numbers ? Object.hasOwn(numbers, key) : group === this.#groupOf(pull);
      return pull.state === 'closed' && [...keys].some(isAbout);
    });
  }
}

/** What a pull request says no to by its state; null: it does not. */
function noOf({ state, labels, number, url }: PullRequest): PersonsNo | null {
  if (state === 'open' && labels.includes(HOLD_LABEL)) {
    const message = `pull request #${number} carries the label ${HOLD_LABEL}: take it off to go on; ${url}`;
    return { reason: 'HoldLabel', message };
  }
  if (state !== 'closed') return null;
  const message = `pull request #${number} was closed without a merge: reopen it, or run resume, to go on; ${url}`;
  return { reason: 'PullRequestClosed', message };
}

function setFirst<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value);
}
