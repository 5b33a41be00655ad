import type { PullRequest } from '../forge/forge.ts';
import { type Marker, nameIn, parseMarker, speaksFor } from '../proposal/marker.ts';
import { HOLD_LABEL } from '../proposal/next-step.ts';

/** A person's no to a workload. */
export interface PersonsNo {
  /** Stable. */
  readonly reason: string;
  readonly message: string;
}

/** Those of ended pull requests never change, and there are many. */
const markers = new WeakMap<PullRequest, Marker | null>();

function markerOf(pull: PullRequest): Marker | null {
  const known = markers.get(pull);
  if (known !== undefined) return known;
  const marker = parseMarker(pull.body);
  markers.set(pull, marker);
  return marker;
}

/** What the newest pull request says about something. */
interface Entry<T> {
  readonly number: number;
  readonly value: T;
}

/** What pull requests are about, by workload and by group: of one without its last line only the group is known. */
class Index<T> {
  readonly #byKey = new Map<string, Entry<T>>();
  /** By the name that a marker of many has for it. */
  readonly #byHash = new Map<string, Entry<T>>();
  readonly #byGroup = new Map<string, Entry<T>>();

  add(pull: PullRequest, group: string, value: T): void {
    const { number } = pull;
    const marker = markerOf(pull);
    if (!marker?.numbers) setFirst(this.#byGroup, group, { number, value });
    else
      for (const name of Object.keys(marker.numbers))
        setFirst(marker.isShort ? this.#byHash : this.#byKey, name, { number, value });
  }

  find(key: string, group: string): T | null {
    const byHash = this.#byHash.size > 0 ? this.#byHash.get(nameIn({ isShort: true }, key)) : undefined;
    const byKey = this.#byKey.get(key);
    const newest = byHash && (!byKey || byHash.number > byKey.number) ? byHash : byKey;
    return (newest ?? this.#byGroup.get(group))?.value ?? null;
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

  /** Whether nothing has happened to any of them since. */
  isSame({ all }: KnownPulls): boolean {
    if (all.length !== this.all.length) return false;
    return this.all.every(({ number, state, updatedAt }, index) => {
      const before = all[index];
      return before?.number === number && before.state === state && before.updatedAt === updatedAt;
    });
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
      const marker = markerOf(pull);
      const isAbout = ([key, group]: readonly [string, string]): boolean =>
        marker?.numbers ? speaksFor(marker, key) : group === this.#groupOf(pull);
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
  const message = `pull request #${number} was closed without a merge: reopen it, or run dso-gitops resume with its workloads, to go on; ${url}`;
  return { reason: 'PullRequestClosed', message };
}

function setFirst<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value);
}
