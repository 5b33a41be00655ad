import type { Dso } from '../api/effective.ts';
import type { Configuration } from '../config/load.ts';
import type { Recompute, Recomputed, Standing } from '../history/recomputation.ts';
import { blobId } from '../manifests/blob.ts';
import { textOf } from '../manifests/change-set.ts';
import { layoutOf, overlayPath, parseOverlay, recordPath } from '../manifests/layout.ts';
import { type OverlayArguments, readArguments } from '../manifests/overlay-arguments.ts';
import { type DecisionRecord, type DsoState, parseRecord, renderRecord } from '../manifests/record.ts';
import type { Templates } from '../manifests/template.ts';
import { decide } from './decide.ts';
import type { Decided, DecideInput, PlacedDestination, PlacedMember } from './decision.ts';
import { type Landed, type LandedOverlay, landedRecord } from './landed.ts';
import { replicasPathOf } from './place.ts';

/** What a decision depends on that neither its record nor its overlays say. */
export interface RecomputeSettings {
  readonly templates: Templates;
  readonly workloads: Configuration['workloads'];
}

/** Every destination has an id of its own here, that of its member; home has none of them. */
const HOME = '';

/** The way to make decisions again by `decide` itself. */
export function recomputeWith(settings: RecomputeSettings): Recompute {
  return function* recompute(record, standing, root) {
    const input = inputOf(record, standing, root, settings);
    for (const guess of guessesOf(record, standing)) {
      // As where it was decided: beside a record the overlays are not read.
      const landed = landedOf(record, standing, input.members, standing.prior === null || guess.isResumed);
      yield recomputed(decide({ ...input, ...guess, landed }), record, standing, guess, input.members);
    }
  };
}

type Guess = Pick<DecideInput, 'state' | 'highest' | 'adopt' | 'isResumed' | 'person'>;

/** It went on from what was remembered, or began from what was there. */
function guessesOf({ state: { before }, resumed }: DecisionRecord, { prior }: Standing): readonly Guess[] {
  const adopt = before.isUnproven ? null : before.demand.total;
  const anew = { state: null, highest: new Map([[HOME, before.seq]]), adopt, isResumed: prior !== null, person: null };
  if (resumed) return [{ ...anew, isResumed: true, person: resumed }];
  const goesOn = { state: before, highest: new Map(), adopt: null, isResumed: false, person: null };
  return before.hasRecord ? [goesOn, anew] : [anew, goesOn];
}

function recomputed(
  { verdict, changes, evaluations }: Decided,
  { metadata: { namespace, name: dso }, members, state: said }: DecisionRecord,
  { overlays }: Standing,
  { state }: Guess,
  places: readonly PlacedMember[],
): Recomputed {
  const written = places.flatMap(({ destination: { id, root } }) => {
    return textOf(changes.get(id)?.files.get(recordPath(root, namespace, dso))) ?? [];
  });
  const record = parseRecord(written[0] ?? '');
  const texts = Object.entries(members).map(([name, { path }]): [string, string] => {
    return [name, textOf(changes.get(name)?.files.get(path)) ?? overlays.get(name) ?? ''];
  });
  return {
    record: record && {
      ...record,
      state: {
        before: withLandingsOf(said.before, record.state.before),
        after: withLandingsOf(said.after, record.state.after),
      },
    },
    refusal: 'reason' in verdict ? `${verdict.reason}, ${verdict.message.split(';')[0]}` : 'nothing was to be written',
    isAnew: state === null,
    hasMoved: evaluations.some(({ before, after }) => before !== after),
    overlays: new Map(texts),
  };
}

/** What landed in which destination is no part of a decision, and destinations have other ids here. */
function withLandingsOf(
  { delivered, resumed }: DsoState,
  { delivered: _delivered, resumed: _resumed, ...state }: DsoState,
): DsoState {
  return { ...state, ...(delivered && { delivered }), ...(resumed !== undefined && { resumed }) };
}

function inputOf(
  record: DecisionRecord,
  standing: Standing,
  root: string,
  { templates, workloads }: RecomputeSettings,
): DecideInput {
  const { owner, configuration, target, readings } = record;
  const rendered = argumentsOf(record, standing);
  const members = Object.entries(record.members).map(([name, member]): PlacedMember => {
    const destination = destinationOf(name, member.path, root, rendered);
    return { ...member, name, destination };
  });
  const isBuiltIn = replicasPathOf(target, []) !== null;
  const replicasPath = (isBuiltIn ? replicasPathOf(target, workloads) : commonest(rendered, 'replicasPath')) ?? '';
  return {
    dso: dsoOf(record, sharedNamespaces(rendered)),
    members,
    home: { id: HOME, root, path: '', layout: 'component', helmValuesKey: '' },
    configuration: { owner, firstSight: configuration.firstSight, replicasPath, templates },
    readings: new Map(
      readings.map(({ trigger, source, reading }) => [
        trigger,
        {
          source,
          reading:
            'value' in reading
              ? { kind: 'value', value: reading.value }
              : { kind: 'missing', reason: reading.missing, message: reading.message },
        },
      ]),
    ),
    landed: new Map(),
    state: null,
    highest: new Map(),
    earlier: [],
    adopt: null,
    isResumed: false,
    person: null,
    now: Date.parse(record.time),
  };
}

function dsoOf(
  { metadata: { namespace, name }, target, spec, state }: DecisionRecord,
  baseNamespaces: readonly string[],
): Dso {
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    labels: {},
    annotations: {},
    engine: 'builtin',
    scaledObject: null,
    createdAt: state.before.demand.createdAt,
    target,
    members: null,
    triggers: [],
    demand: spec,
    initialTotal: null,
    baseNamespaces,
    advice: [],
  };
}

/** One whose overlay is exactly at this path. */
function destinationOf(
  member: string,
  path: string,
  root: string,
  rendered: ReadonlyMap<string, OverlayArguments>,
): PlacedDestination {
  const own = path.startsWith(`${root}/`) ? root : (path.split('/')[0] ?? '');
  const directory = path.slice(own.length + 1, Math.max(path.lastIndexOf('/'), own.length + 1));
  const helmValuesKey = commonest(rendered, 'helmValuesKey') ?? '';
  return { id: member, root: own, path: directory, layout: layoutOf(path) ?? 'component', helmValuesKey };
}

function landedOf(
  record: DecisionRecord,
  { prior, here, hold, overlays, unlisted }: Standing,
  members: readonly PlacedMember[],
  isCounted: boolean,
): DecideInput['landed'] {
  const found = here?.record ? landedRecord(here.record, here.id) : null;
  const beside = { record: found, recordText: null, recordId: here?.id ?? null, hold: null, resumedAt: null };
  const home = { ...homeOf(prior, record.previous, here?.id ?? null), hold, resumedAt: null, overlays: new Map() };
  const others = members.map(({ name, destination }): [string, Landed] => {
    const text = overlays.get(name);
    const overlay = text === undefined ? elsewhere(record, name) : overlayOf(destination, text, isCounted);
    const listing = unlisted.has(name) ? 'absent' : overlay.listing;
    const path = overlayPath(destination, { ...record.metadata, member: name });
    return [name, { ...beside, overlays: new Map([[name, { ...overlay, path, listing }]]) }];
  });
  return new Map([[HOME, home], ...others]);
}

function homeOf(
  prior: DecisionRecord | null,
  id: string | null,
  elsewhere: string | null,
): Pick<Landed, 'record' | 'recordId' | 'recordText'> {
  if (!prior || id === null) return { record: null, recordId: null, recordText: null };
  return { record: landedRecord(prior, id), recordId: id, recordText: elsewhere === id ? null : renderRecord(prior) };
}

/** Of another destination only the record tells what was there; that it had to be written cannot be excluded. */
function elsewhere({ members }: DecisionRecord, name: string): Omit<LandedOverlay, 'path'> {
  return { id: null, count: members[name]?.before ?? null, isUnreadable: false, listing: 'listed' };
}

function overlayOf(
  destination: PlacedDestination,
  text: string | null,
  isCounted: boolean,
): Omit<LandedOverlay, 'path'> {
  const id = text === null ? null : blobId(text);
  return {
    id,
    listing: 'listed',
    ...(text !== null && isCounted ? parseOverlay(destination, text) : { count: null, isUnreadable: false }),
  };
}

/** What the overlays of a decision were rendered with, by member. */
function argumentsOf({ members }: DecisionRecord, { written }: Standing): ReadonlyMap<string, OverlayArguments> {
  const known = new Map<string, OverlayArguments>();
  return new Map(
    Object.entries(members).flatMap(([name, { path }]) => {
      const [layout, text] = [layoutOf(path), written.get(name)];
      if (layout === null || text == null) return [];
      // Members with the same number share a text.
      const found = known.get(`${layout} ${text}`) ?? readArguments(layout, text);
      known.set(`${layout} ${text}`, found);
      return [[name, found] as const];
    }),
  );
}

/** A decision has one of each: an overlay with another one does not follow. null: none is known. */
function commonest(
  rendered: ReadonlyMap<string, OverlayArguments>,
  argument: 'replicasPath' | 'helmValuesKey',
): string | null {
  const counts = new Map<string, number>();
  for (const { [argument]: value } of rendered.values())
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort(([, one], [, other]) => other - one);
  return first?.[0] ?? null;
}

/** Those that every overlay names, beside that of its own target. */
function sharedNamespaces(rendered: ReadonlyMap<string, OverlayArguments>): readonly string[] {
  const lists = [...rendered.values()].map(({ namespaces }) => namespaces).filter((list) => list.length > 0);
  return (lists[0] ?? []).filter((namespace) => lists.every((list) => list.includes(namespace)));
}
