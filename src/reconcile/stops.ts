import { cleanText } from '../manifests/clean-text.ts';
import { holdPath } from '../manifests/hold.ts';
import { indexPath, recordPath } from '../manifests/layout.ts';
import type { DecideInput, PlacedMember, Verdict } from './decision.ts';
import { overlayCount } from './first-sight.ts';
import { isChangedByHand, type Landed, type LandedRecord, pathsIn } from './landed.ts';
import { pathOf } from './render-changes.ts';
import { findSetBack } from './set-back.ts';

/** What forbids to write at all, before anything is computed. */
export function findStop(input: DecideInput, home: Landed): Verdict | null {
  const { record } = home;
  if (home.hold) return heldBy(input, home.hold);
  if (!record) {
    if (home.recordId === null) return input.isResumed ? null : (findMovedHome(input) ?? findRemoved(input, home));
    const path = recordPath(input.home.root, input.dso.namespace, input.dso.name);
    const message = `${path} is not a decision record this version can read; restore it, or remove it to adopt the committed counts`;
    return { kind: 'stalled', reason: 'RecordUnreadable', message };
  }
  const moved = findMoved(input, record);
  if (moved || input.isResumed) return moved;
  return findRevert(input, record) ?? findRemovedElsewhere(input, record) ?? findHandEdit(input, record);
}

/** The last decision stands elsewhere: the order of the destinations was changed, and what is here alone is not the total. */
function findMovedHome({ state, adopt, landed, members, dso }: DecideInput): Verdict | null {
  if (adopt !== null || (state?.seq ?? 0) > 0) return null;
  const there = members.find(({ destination }) => (landed.get(destination.id)?.record?.seq ?? 0) > 1);
  const last = landed.get(there?.destination.id ?? '')?.record?.seq;
  const isPart = members.some(({ name, destination }) => overlayCount(name, landed.get(destination.id)) === null);
  if (!there || last === undefined || !isPart) return null;
  const message = `decision ${last} stands where ${there.name} is written, and not in the first destination that has a member, where it belongs; put the destinations in the order that they had, or say how many replicas run in all: dso-gitops apply --adopt ${dso.key}=<total>`;
  return { kind: 'stalled', reason: 'DestinationChanged', message };
}

/** The last decision had landed elsewhere than at home, and a person removed it there together with a count. */
function findRemovedElsewhere(
  { dso, home, members, landed, state }: DecideInput,
  record: LandedRecord,
): Verdict | null {
  if ((state?.resumed ?? 0) >= record.seq) return null;
  for (const { name, destination } of members) {
    const there = landed.get(destination.id);
    const hasLanded = destination.id !== home.id && state?.delivered?.[destination.id] === record.seq;
    if (!hasLanded || !there || there.recordId !== null) continue;
    if (!isCountGone(name, there)) continue;
    const path = recordPath(destination.root, dso.namespace, dso.name);
    return { ...removedBy(dso.key, record.seq, ` for ${name}`), path, destinationId: destination.id };
  }
  return null;
}

/** Without its record the counts are where a DSO begins anew; without counts as well, what was decided was reverted. */
function findRemoved({ dso, home, members, landed, state }: DecideInput, { resumedAt }: Landed): Verdict | null {
  if (!state?.hasRecord || (resumedAt ?? Number.NEGATIVE_INFINITY) >= state.demand.asOf) return null;
  if (!members.some(({ name, destination }) => isCountGone(name, landed.get(destination.id)))) return null;
  const path = recordPath(home.root, dso.namespace, dso.name);
  return { ...removedBy(dso.key, state.seq, ''), path, destinationId: home.id };
}

/** Whether a member's overlay sets no count, or is not there. */
function isCountGone(name: string, landed: Landed | undefined): boolean {
  const overlay = landed?.overlays.get(name);
  return overlay !== undefined && overlayCount(name, landed) === null && !overlay.isUnreadable;
}

function removedBy(
  key: string,
  seq: number,
  where: string,
): Omit<Extract<Verdict, { kind: 'held' }>, 'path' | 'destinationId'> {
  const message = `decision ${seq} and counts that it wrote were removed in Git${where}; nothing is written until they are put back, or until you run: dso-gitops resume ${key}`;
  return { kind: 'held', reason: 'Reverted', message, commit: null };
}

/** A person's word in Git. */
export function heldBy(
  { dso, home }: DecideInput,
  { by, reason }: NonNullable<Landed['hold']>,
): Extract<Verdict, { kind: 'held' }> {
  const path = holdPath(home.root, dso.namespace, dso.name);
  const message = `${cleanText(by, 80)} holds it: ${cleanText(reason)}; nothing is written until you run: dso-gitops resume ${dso.key}`;
  return { kind: 'held', reason: 'Held', message, path, destinationId: home.id, commit: null };
}

/** A person's hold is over; there may be another one. */
export function holdEnded(input: DecideInput, home: Landed): Verdict {
  const other = findStop({ ...input, isResumed: false }, { ...home, hold: null, resumedAt: input.now });
  const isHeld = other?.kind === 'held';
  const next = isHeld ? `it stays held: ${other.message}` : 'the next evaluation goes on from what is committed';
  return { kind: 'wait', reason: 'Resumed', message: `the hold has ended; ${next}` };
}

/** A hold that was found in a destination which cannot be read now: nobody knows that it is over. */
export function findHidden({ state, isResumed, members, landed }: DecideInput): Verdict | null {
  const hidden = members.find(({ destination }) => !landed.has(destination.id));
  if (!state?.isHeld || isResumed || !hidden) return null;
  const message = `a person held it when all of it was read last, and where ${hidden.name} is written cannot be read now; nothing is written until that can be`;
  return { kind: 'wait', reason: 'DestinationUnavailable', message };
}

/** A record of another installation; null: there is none. */
export function findForeignOwner({ landed, configuration }: DecideInput): Verdict | null {
  const owners = [...landed.values()].flatMap(({ record }) => record?.owner ?? []);
  const other = owners.find((owner) => owner !== configuration.owner);
  if (other === undefined) return null;
  const message = `the record belongs to the installation ${JSON.stringify(other)}, this one is ${JSON.stringify(configuration.owner)}; run one of them`;
  return { kind: 'stalled', reason: 'ForeignOwner', message };
}

function findRevert(input: DecideInput, record: LandedRecord): Verdict | null {
  const { dso, home, members } = input;
  const found = findSetBack(input, record);
  if (!found) return null;
  const { destination, last } = found;
  const path = recordPath(destination.root, dso.namespace, dso.name);
  const there = members.filter((member) => member.destination.id === destination.id).map(({ name }) => name);
  const where = destination.id === home.id ? '' : ` for ${there.join(', ')}`;
  const message = `decision ${last} was reverted to ${found.record.seq} in Git${where}; nothing is written until it is put back, or until you run: dso-gitops resume ${dso.key}`;
  return { kind: 'held', reason: 'Reverted', message, path, destinationId: destination.id, commit: null };
}

function findMoved(input: DecideInput, record: LandedRecord): Verdict | null {
  const { target } = input.dso;
  if (
    record.target.group !== target.group ||
    record.target.kind !== target.kind ||
    record.target.name !== target.name
  ) {
    const message = `scaleTargetRef was ${record.target.kind} ${record.target.name} and is now ${target.kind} ${target.name}; a target is not changed in place: put it back, or first run: dso-gitops release ${input.dso.key}`;
    return { kind: 'stalled', reason: 'TargetChanged', message };
  }
  const paths = pathsIn(record);
  for (const member of input.members) {
    const before = record.members[member.name];
    if (!before) continue;
    if (before.targetNamespace !== member.targetNamespace) {
      const message = `targetNamespace of ${member.name} was ${before.targetNamespace} and is now ${member.targetNamespace}; it is not changed in place: put it back, or first run: dso-gitops release ${input.dso.key}`;
      return { kind: 'stalled', reason: 'TargetChanged', message };
    }
    const [path, earlier] = [pathOf(input, member), paths.get(member.name)];
    if (earlier !== path) {
      const message = `the overlay of ${member.name} is at ${earlier}, the configuration now says ${path}; put it back, or first run: dso-gitops release ${input.dso.key}`;
      return { kind: 'stalled', reason: 'DestinationChanged', message };
    }
  }
  return null;
}

/** An overlay that is not what its record says: a person said no. */
function findHandEdit(input: DecideInput, record: LandedRecord): Verdict | null {
  for (const member of input.members) {
    // Each destination is held to the record it got: one that was down is behind, not edited.
    const landed = input.landed.get(member.destination.id);
    const path = landed ? pathByHand(input, member, landed, record) : null;
    if (path === null) continue;
    const overlay = landed?.overlays.get(member.name);
    const isLeftOut = path !== overlay?.path;
    const how = isLeftOut ? ` and leaves ${input.dso.name} out, so ${member.name} does not apply it` : '';
    // A count that nobody knows is nothing to begin from.
    const isUnreadable = !isLeftOut && overlay?.isUnreadable;
    const end = isUnreadable
      ? 'removed: then it is written again'
      : `until you run: dso-gitops resume ${input.dso.key}`;
    const message = `${path} was changed by hand after decision ${record.seq}${how}; nothing is written until it is put back, or ${end}`;
    return { kind: 'held', reason: 'HandEdit', message, path, destinationId: member.destination.id, commit: null };
  }
  return null;
}

/**
 * Whether the record of a destination was removed, and the overlay is another one than the record at home names. One that never
 * got a record still has what was there before, or a placeholder.
 */
function isChangedWithoutRecord(
  { state, home }: DecideInput,
  { name, destination: { id } }: PlacedMember,
  { recordId, overlays }: Landed,
  record: LandedRecord,
): boolean {
  const [overlay, member] = [overlays.get(name), record.members[name]];
  if (id === home.id || recordId !== null || !overlay || !member || overlay.id === member.overlay) return false;
  if (overlay.count === null && !overlay.isUnreadable) return false;
  const isOwn = overlay.count === member.before || overlay.count === member.after;
  return (state?.delivered?.[id] ?? 0) > 0 || (record.seq === 1 && !isOwn);
}

/** What a person changed of a member: the overlay, or the index that does not list it any more. null: nothing. */
function pathByHand(input: DecideInput, member: PlacedMember, landed: Landed, atHome: LandedRecord): string | null {
  const { name, destination } = member;
  const standing = landed.overlays.get(name);
  if (isChangedWithoutRecord(input, member, landed, atHome)) return standing?.path ?? null;
  if (!landed.record?.members[name]) return null;
  if (isChangedByHand(name, landed)) return standing?.path ?? null;
  // An index that was removed is made again; one that is none of ours is the matter of those who are added to it.
  return standing?.id != null && standing.listing === 'leftOut'
    ? indexPath(destination, name, input.dso.namespace)
    : null;
}
