import { blobId } from '../manifests/blob.ts';
import { holdPath, parseHold } from '../manifests/hold.ts';
import { type DecisionRecord, parseRecord, RULES_VERSION } from '../manifests/record.ts';
import { setsNothing } from '../manifests/sets-nothing.ts';
import { Branch, commitsOf, recordOf } from './branch.ts';
import { checkDecision } from './check-decision.ts';
import type { Revision } from './decision-history.ts';
import { type Finding, found } from './finding.ts';
import { HandEdits } from './hand-edits.ts';
import { indexBeside } from './index-beside.ts';
import type { Others } from './others.ts';
import type { Recompute, Standing } from './recomputation.ts';
import type { PersonsChange, Verification } from './verify.ts';

/** A version of a record and what it came upon. */
interface Arrival {
  readonly revision: Revision;
  readonly record: DecisionRecord | null;
  readonly here: { readonly id: string; readonly record: DecisionRecord | null } | null;
  /** Overlays that it names and another record has; by their paths, that of the other record. */
  readonly taken: ReadonlyMap<string, string>;
  readonly overlays: Standing['overlays'];
  readonly hold: Standing['hold'];
  readonly unlisted: Standing['unlisted'];
}

/** What a check of the past of one destination came to. */
interface Inspected extends Pick<Verification, 'recomputed' | 'notRecomputed'> {
  readonly findings: readonly Finding[];
  readonly reverts: readonly PersonsChange[];
  readonly removed: readonly PersonsChange[];
  readonly resumed: readonly PersonsChange[];
}

/** Goes through the past of one destination, commit by commit. */
export class Inspection {
  readonly #root: string;
  readonly #recompute: Recompute;
  readonly #others: Others;
  readonly #branch = new Branch();
  readonly #findings: Finding[] = [];
  readonly #reverts: PersonsChange[] = [];
  readonly #removed: PersonsChange[] = [];
  /** Ids of the records that there were, by path. */
  readonly #seen = new Map<string, Set<string>>();
  /** Paths of records that somebody removed or spoiled, and left what they had set. */
  readonly #adrift = new Set<string>();
  /** Removals of records that could not be read, by path: said until a decision follows. */
  readonly #removedUnreadable = new Map<string, Finding>();
  readonly #edits = new HandEdits(this.#branch);
  /** Older records that somebody put back, by path. */
  readonly #putBack = new Map<string, Revision>();
  #recomputed = 0;
  #notRecomputed = 0;

  constructor(root: string, recompute: Recompute, others: Others) {
    this.#root = root;
    this.#recompute = recompute;
    this.#others = others;
  }

  /** @param revisions all below the root, the newest first */
  inspect(revisions: readonly Revision[]): Inspected {
    for (const commit of commitsOf(revisions)) this.#inspectCommit(commit);
    return {
      findings: [...this.#findings, ...this.#edits.standing(), ...this.#leftBehind(), ...this.#removedAndLeft()],
      recomputed: this.#recomputed,
      notRecomputed: this.#notRecomputed,
      reverts: this.#reverts,
      removed: this.#removed,
      resumed: this.#edits.resumed,
    };
  }

  #inspectCommit(changes: readonly Revision[]): void {
    const commit = changes.filter((change) => this.#branch.isNews(change));
    const arrivals = commit.filter(({ path }) => this.#isRecord(path)).map((revision) => this.#arrivalOf(revision));
    const others = commit.filter(({ path }) => !this.#isRecord(path));
    const before = others.map(({ path }) => this.#branch.at(path)?.text ?? null);
    for (const revision of others) this.#branch.apply(revision, null);
    for (const { revision, record } of arrivals) this.#branch.apply(revision, record);
    for (const arrival of arrivals) this.#inspectRecord(arrival);
    for (const [index, revision] of others.entries())
      if (!revision.path.startsWith(`${this.#root}/holds/`)) this.#edits.inspect(revision, before[index] ?? null);
  }

  #isRecord(path: string): boolean {
    return path.startsWith(`${this.#root}/decisions/`);
  }

  /** Before the commit changes anything. */
  #arrivalOf(revision: Revision): Arrival {
    const record = recordOf(revision);
    const { namespace, name } = record?.metadata ?? { namespace: '', name: '' };
    const marker = this.#branch.at(holdPath(this.#root, namespace, name));
    const hold = marker ? parseHold(marker.text) : null;
    const here = this.#hereOf(revision, record);
    const isElsewhere = here?.id !== this.#branch.at(revision.path)?.id;
    return {
      revision,
      record,
      here,
      taken: this.#takenBy(revision, record),
      // Where branches met, its parent had other ones.
      overlays: this.#textsOf(record, isElsewhere ? here : null),
      hold: hold?.isHeld ? hold : null,
      unlisted: this.#unlisted(record),
    };
  }

  /** Members whose overlays nothing lists any more: the index beside them was removed. */
  #unlisted(record: DecisionRecord | null): Standing['unlisted'] {
    const members = Object.entries(record?.members ?? {}).filter(([, { path }]) => {
      return this.#branch.at(indexBeside(path)) === null;
    });
    return new Set(members.map(([name]) => name));
  }

  /** What stood before; where branches met, what its own parent had. */
  #hereOf({ path, replaced }: Revision, record: DecisionRecord | null): Arrival['here'] {
    const standing = this.#branch.at(path) ?? null;
    const previous = record?.previous ?? null;
    if (!record || previous === (standing?.id ?? null) || !replaced.includes(previous)) return standing;
    return previous === null ? null : { id: previous, record: parseRecord(this.#branch.textOf(previous) ?? '') };
  }

  #takenBy({ path }: Revision, record: DecisionRecord | null): Arrival['taken'] {
    return new Map(
      Object.values(record?.members ?? {}).flatMap((member) => {
        const owner = this.#branch.ownerOf(member.path);
        return owner === undefined || owner === path ? [] : [[member.path, owner] as const];
      }),
    );
  }

  /** Texts of the overlays of a decision by member; those that never were here are in another destination. */
  #textsOf(record: DecisionRecord | null, here: Arrival['here'] = null): Arrival['overlays'] {
    return new Map(
      Object.entries(record?.members ?? {}).flatMap(([name, { path }]) => {
        const file = this.#branch.at(path);
        const own = this.#branch.textOf(here?.record?.members[name]?.overlay ?? '');
        return file === undefined ? [] : [[name, own ?? file?.text ?? null] as const];
      }),
    );
  }

  #inspectRecord(arrival: Arrival): void {
    const { revision, record, here, overlays, hold, unlisted } = arrival;
    const { path, commit, author, text, isPlain } = revision;
    if (text === null) {
      this.#inspectRemoval(arrival);
      return;
    }
    const id = blobId(text);
    const seen = this.#seen.get(path) ?? new Set();
    this.#seen.set(path, seen);
    if (record && seen.has(id)) {
      this.#explain(path);
      this.#reverts.push({ path, commit, author });
      this.#putBack.set(path, revision);
      return;
    }
    seen.add(id);
    if (!record) {
      this.#adrift.add(path);
      this.#removedUnreadable.delete(path);
      const message = isPlain ? 'is not a record that can be read' : 'is not a plain file';
      this.#findings.push(found(revision, 'UnreadableRecord', message));
      return;
    }
    this.#findings.push(
      ...this.#checkChain(revision, record, here?.id ?? null, id),
      ...this.#checkOverlays(revision, record),
      ...this.#checkClaims(arrival, record),
    );
    if (record.rules !== RULES_VERSION) {
      this.#notRecomputed += 1;
      this.#end(path, record, !record.state.before.hasRecord);
      return;
    }
    this.#recomputed += 1;
    const written = this.#textsOf(record);
    const elsewhere = [...written.keys()].filter((name) => !overlays.has(name));
    const standing = {
      prior: this.#priorOf(record, here),
      here,
      hold,
      unlisted,
      // What is written for the first time was not there before.
      overlays: new Map([...elsewhere.map((name) => [name, null] as const), ...overlays]),
      written,
    };
    const { findings, isAnew } = checkDecision(revision, record, standing, this.#root, this.#recompute);
    this.#findings.push(...findings);
    this.#end(path, record, isAnew);
  }

  /** Records that were put back and stand, without what they say was written. */
  #leftBehind(): readonly Finding[] {
    return [...this.#putBack].flatMap(([path, revision]) => {
      const standing = this.#branch.at(path);
      return standing?.record && standing.text === revision.text ? this.#checkOverlays(revision, standing.record) : [];
    });
  }

  /** Released, or reverted to before the first decision: then nothing of it is left. Else nobody knows any more why it is there. */
  #inspectRemoval({ revision, here }: Arrival): void {
    const { path, commit, author } = revision;
    if (!here) return;
    const left = this.#branch.leftBy(path);
    if (left.length === 0) {
      this.#removed.push({ path, commit, author });
      return;
    }
    const more = left.length > 1 ? ` and ${left.length - 1} more` : '';
    const what = here.record ? `decision ${here.record.seq}` : 'a record that could not be read';
    const finding = found(revision, 'RemovedRecord', `${what} was removed, and what it set is left: ${left[0]}${more}`);
    // One that cannot be read was named when it came, and to remove it is what is advised: then a decision follows.
    this.#adrift.add(path);
    if (here.record) this.#findings.push(finding);
    else this.#removedUnreadable.set(path, finding);
  }

  /** Records that could not be read and were removed, where what they had set still stands. */
  #removedAndLeft(): readonly Finding[] {
    return [...this.#removedUnreadable].flatMap(([path, one]) => (this.#branch.leftBy(path).length > 0 ? one : []));
  }

  /** A record tells again why what stands is there. @returns whether none did */
  #explain(path: string): boolean {
    this.#removedUnreadable.delete(path);
    return this.#adrift.delete(path);
  }

  #checkChain(revision: Revision, record: DecisionRecord, before: string | null, id: string): readonly Finding[] {
    const { previous, seq } = record;
    // It may be the one that stood in a destination which cannot be read.
    const isElsewhere = this.#others.isPart && previous !== null;
    if (previous === before || isElsewhere || this.#others.linked.has(id)) return [];
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
      if (this.#others.files.has(`${path} ${overlay}`) && !(file && !setsNothing(path, file.text))) return [];
      const message = `decision ${seq} gives ${name} ${after} by an overlay that is not at ${path}`;
      return [found(revision, 'MissingOverlay', message)];
    });
  }

  /** An overlay has one record, and a workload has one: a newcomer waits until the other one is gone. */
  #checkClaims({ revision, here, taken }: Arrival, record: DecisionRecord): readonly Finding[] {
    const { seq, target } = record;
    const findings = [...taken].map(([path, other]) => {
      return found(revision, 'WrongOverlay', `decision ${seq} writes ${path}, which belongs to ${other}`);
    });
    const rival = here ? undefined : this.#branch.rivalOf(revision.path, record);
    if (rival === undefined) return findings;
    const message = `decision ${seq} would not have been written: WorkloadTaken, ${rival} scales ${target.kind} ${target.name} there`;
    return [...findings, found(revision, 'NotDecided', message)];
  }

  /** The record that a decision says it replaced; of one that is missing no more is known than what the decision says of it. */
  #priorOf(record: DecisionRecord, here: Arrival['here']): DecisionRecord | null {
    const { previous, total, state } = record;
    if (previous === null) return null;
    const text = this.#branch.textOf(previous) ?? this.#others.records.get(previous) ?? '';
    const known = here?.id === previous ? here.record : parseRecord(text);
    if (known || total.before === null) return known;
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

  /** A decision ends the hand edits before it. */
  #end(path: string, { metadata, members, resumed }: DecisionRecord, isAnew: boolean): void {
    const wasAdrift = this.#explain(path);
    const overlays = Object.values(members).map((member) => member.path);
    this.#findings.push(...this.#edits.end(overlays, isAnew && !wasAdrift, resumed ? metadata.name : null));
  }
}
