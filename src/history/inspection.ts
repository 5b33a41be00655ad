import { blobId } from '../manifests/blob.ts';
import { holdPath, parseHold } from '../manifests/hold.ts';
import { type DecisionRecord, parseRecord, RULES_VERSION } from '../manifests/record.ts';
import { Branch, commitsOf, recordOf } from './branch.ts';
import { checkDecision } from './check-decision.ts';
import type { Revision } from './decision-history.ts';
import { type Finding, found } from './finding.ts';
import type { Recompute, Standing } from './recomputation.ts';
import type { PersonsChange, Verification } from './verify.ts';

/** What is known of all destinations together. */
export interface Others {
  /** Texts of records by blob id. */
  readonly records: ReadonlyMap<string, string>;
  /** Ids of records that follow the one before them in some destination. */
  readonly linked: ReadonlySet<string>;
  /** Every version of every file, as path and blob id. */
  readonly files: ReadonlySet<string>;
}

/** A version of a record and what it came upon. */
interface Arrival {
  readonly revision: Revision;
  readonly record: DecisionRecord | null;
  readonly here: { readonly id: string; readonly record: DecisionRecord | null } | null;
  readonly overlays: Standing['overlays'];
  readonly hold: Standing['hold'];
}

/** Goes through the past of one destination, commit by commit. */
export class Inspection {
  readonly #root: string;
  readonly #recompute: Recompute;
  readonly #others: Others;
  readonly #branch = new Branch();
  readonly #findings: Finding[] = [];
  readonly #reverts: PersonsChange[] = [];
  readonly #resumed: PersonsChange[] = [];
  /** Ids of the records that there were, by path. */
  readonly #seen = new Map<string, Set<string>>();
  /** Hand edits that no decision came after yet, by path of the overlay. */
  readonly #open = new Map<string, Finding[]>();
  #recomputed = 0;
  #notRecomputed = 0;

  constructor(root: string, recompute: Recompute, others: Others) {
    this.#root = root;
    this.#recompute = recompute;
    this.#others = others;
  }

  /** @param revisions every version of the files below the root, the newest first */
  inspect(revisions: readonly Revision[]): Omit<Verification, 'accepted'> {
    for (const commit of commitsOf(revisions)) this.#inspectCommit(commit);
    for (const edits of this.#open.values()) this.#findings.push(...edits);
    const [findings, recomputed, notRecomputed] = [this.#findings, this.#recomputed, this.#notRecomputed];
    return { findings, recomputed, notRecomputed, reverts: this.#reverts, resumed: this.#resumed };
  }

  #inspectCommit(changes: readonly Revision[]): void {
    const commit = changes.filter((change) => this.#branch.isNews(change));
    const arrivals = commit.filter(({ path }) => this.#isRecord(path)).map((revision) => this.#arrivalOf(revision));
    for (const revision of commit) if (!this.#isRecord(revision.path)) this.#branch.apply(revision, null);
    for (const { revision, record } of arrivals) this.#branch.apply(revision, record);
    for (const arrival of arrivals) this.#inspectRecord(arrival);
    for (const revision of commit) if (this.#isOverlay(revision.path)) this.#inspectOverlay(revision);
  }

  #isRecord(path: string): boolean {
    return path.startsWith(`${this.#root}/decisions/`);
  }

  #isOverlay(path: string): boolean {
    return !this.#isRecord(path) && !path.startsWith(`${this.#root}/holds/`);
  }

  /** Before the commit changes anything. */
  #arrivalOf(revision: Revision): Arrival {
    const record = recordOf(revision);
    const before = this.#branch.at(revision.path);
    const { namespace, name } = record?.metadata ?? { namespace: '', name: '' };
    const marker = this.#branch.at(holdPath(this.#root, namespace, name));
    const hold = marker ? parseHold(marker.text) : null;
    return {
      revision,
      record,
      here: before ?? null,
      overlays: this.#textsOf(record),
      hold: hold?.isHeld ? hold : null,
    };
  }

  /** Texts of the overlays of a decision by member; those that never were here are in another destination. */
  #textsOf(record: DecisionRecord | null): ReadonlyMap<string, string | null> {
    return new Map(
      Object.entries(record?.members ?? {}).flatMap(([name, { path }]) => {
        const file = this.#branch.at(path);
        return file === undefined ? [] : [[name, file?.text ?? null] as const];
      }),
    );
  }

  #inspectRecord({ revision, record, here, overlays, hold }: Arrival): void {
    const { path, commit, author, text } = revision;
    if (text === null) return;
    const id = blobId(text);
    const seen = this.#seen.get(path) ?? new Set();
    this.#seen.set(path, seen);
    if (seen.has(id)) {
      this.#reverts.push({ path, commit, author });
      return;
    }
    seen.add(id);
    if (!record) {
      this.#findings.push(found(revision, 'UnreadableRecord', 'is not a record that can be read'));
      return;
    }
    this.#findings.push(
      ...this.#checkChain(revision, record, here?.id ?? null, id),
      ...this.#checkOverlays(revision, record),
    );
    if (record.rules !== RULES_VERSION) {
      this.#notRecomputed += 1;
      this.#end(record, !record.state.before.hasRecord);
      return;
    }
    this.#recomputed += 1;
    const written = this.#textsOf(record);
    const elsewhere = [...written.keys()].filter((name) => !overlays.has(name));
    const standing = {
      prior: this.#priorOf(record, here),
      here,
      hold,
      // What is written for the first time was not there before.
      overlays: new Map([...elsewhere.map((name) => [name, null] as const), ...overlays]),
      written,
    };
    const { findings, isAnew } = checkDecision(revision, record, standing, this.#root, this.#recompute);
    this.#findings.push(...findings);
    this.#end(record, isAnew);
  }

  #checkChain(revision: Revision, record: DecisionRecord, before: string | null, id: string): readonly Finding[] {
    const { previous, seq } = record;
    if (previous === before || this.#others.linked.has(id)) return [];
    const said = previous === null ? 'to be the first' : `to replace ${previous.slice(0, 10)}`;
    const was = before === null ? 'there was none' : `before it was ${before.slice(0, 10)}`;
    const message = `decision ${seq} says ${said}, ${was}: a record is missing, or was changed or forged`;
    return [found(revision, 'BrokenChain', message)];
  }

  /** What a record says was written has to stand beside it; a path that never was here belongs to another destination. */
  #checkOverlays(revision: Revision, { members, seq }: DecisionRecord): readonly Finding[] {
    return Object.entries(members).flatMap(([name, { path, overlay, after }]) => {
      const file = this.#branch.at(path);
      if (file === undefined || file?.id === overlay) return [];
      // It moved there: what is left here sets nothing.
      if (this.#others.files.has(`${path} ${overlay}`) && !(file && hasCount(file.text))) return [];
      const message = `decision ${seq} gives ${name} ${after} by an overlay that is not at ${path}`;
      return [found(revision, 'MissingOverlay', message)];
    });
  }

  /** The record that a decision says it replaced; of one that is missing no more is known than what the decision says of it. */
  #priorOf(record: DecisionRecord, here: Arrival['here']): DecisionRecord | null {
    const { previous, total, state } = record;
    if (previous === null || total.before === null) return null;
    const known = here?.id === previous ? here.record : parseRecord(this.#others.records.get(previous) ?? '');
    if (known) return known;
    const members = Object.entries(record.members).flatMap(([name, member]) => {
      return member.before === null ? [] : [[name, { ...member, after: member.before }] as const];
    });
    return {
      ...record,
      seq: state.before.seq,
      total: { before: null, after: total.before },
      members: Object.fromEntries(members),
      state: { before: state.before, after: state.before },
    };
  }

  /** A decision ends the hand edits before it: one that began from what was there took them over, another one overwrote them. */
  #end({ members }: DecisionRecord, isAnew: boolean): void {
    for (const { path } of Object.values(members)) {
      const edits = this.#open.get(path) ?? [];
      this.#open.delete(path);
      if (isAnew) this.#resumed.push(...edits.map(({ commit, author }) => ({ path, commit, author })));
      else this.#findings.push(...edits);
    }
  }

  /** Beside a record an overlay is what the record says. Without one it may wait to be wired, and an index is none. */
  #inspectOverlay(revision: Revision): void {
    const { path, text } = revision;
    const id = text === null ? null : blobId(text);
    const wanted = this.#branch.wanted(path);
    if (wanted === undefined && (text === null || id === null || this.#branch.isRecorded(path, id) || !hasCount(text)))
      return;
    if (wanted !== undefined && wanted === id) return;
    const what = wanted === undefined ? 'no record names this content' : 'it is not what the record beside it says';
    const message = text === null ? 'was removed by hand' : `was changed by hand: ${what}`;
    const edits = this.#open.get(path) ?? [];
    this.#open.set(path, [...edits, found(revision, 'HandEdit', message)]);
  }
}

function hasCount(text: string): boolean {
  return !/^(patches: \[\]|components:|\{\})/m.test(text);
}
