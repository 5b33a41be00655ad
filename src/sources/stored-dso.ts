import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { REQUESTED_AT, TAKE_OVER } from '../api/annotations.ts';
import { DSO_API_VERSION, DSO_KIND } from '../api/dso.ts';
import type { DemandSettings } from '../api/effective.ts';
import { objectKey } from '../api/names.ts';
import { show } from '../api/problem.ts';
import type { HubObject } from '../triggers/hub-object.ts';
import type { ForeignWriter, HubDso, StoredDso } from './hub.ts';
import type { MemberLists } from './member-lists.ts';
import { parseObject } from './objects.ts';
import { Packed } from './packed.ts';
import { replicasIn, scaleObject } from './scale.ts';

/** Our name among the field managers of an object. */
export const FIELD_MANAGER = 'dso-gitops';

/** Clocks of people and of this machine differ by less. */
const SKEW_MS = 300_000;

const FieldsEntry = z.object({
  manager: z.string().default('unknown'),
  subresource: z.string().optional(),
  time: z.string().default(''),
  fieldsV1: z.looseObject({}).optional(),
});

const StoredObject = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string().default(''),
    generation: z.number().default(0),
    resourceVersion: z.string().default(''),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(FieldsEntry).default([]),
    deletionTimestamp: z.string().optional(),
  }),
  status: z.unknown().optional(),
});

/** A field manager has set the number. */
const OwnedReplicas = z.object({ 'f:spec': z.object({ 'f:totalTargetReplicas': z.unknown() }) });

const Told = z.object({
  gitOps: z
    .object({
      lastCommit: z.string(),
      engine: z.string(),
      scale: z.object({ before: z.number(), counted: z.number() }).partial(),
    })
    .partial(),
});

/** A DSO of the API, and what tells whether the next event brings the same one. */
export interface KeptDso {
  readonly dso: HubDso;
  readonly identity: string;
}

/** What is kept of a DSO; one that only got another status is not parsed again. */
export function keepDso(
  object: unknown,
  { settings, lists, now }: { readonly settings: DemandSettings; readonly lists: MemberLists; readonly now: number },
  earlier: (key: string) => KeptDso | undefined,
): readonly [key: string, kept: KeptDso] | null {
  const parsed = StoredObject.safeParse(object);
  if (!parsed.success || typeof object !== 'object' || object === null) return null;
  const { metadata, status } = parsed.data;
  const { name, namespace, uid, generation, resourceVersion, labels, annotations } = metadata;
  const key = objectKey(namespace, name);
  const identity = createHash('sha256')
    .update(JSON.stringify([uid, generation, labels, annotations]))
    .digest('base64');
  const before = earlier(key);
  const base = before?.identity === identity ? before.dso : parseDso(object, key, settings, lists);
  if (!base) return null;
  const told = Told.safeParse(status).data?.gitOps;
  const replicas = replicasIn(object) ?? 0;
  const stored = {
    namespace,
    name,
    uid,
    generation,
    resourceVersion,
    status: new Packed(status),
    lastCommit: told?.lastCommit ?? null,
    replicas,
    scale: isOthers(metadata.managedFields) ? null : replicas,
    engine: told?.engine ?? null,
    counted: told?.scale?.counted ?? null,
    requestedAt: annotations[REQUESTED_AT] ?? null,
    isBeingDeleted: metadata.deletionTimestamp !== undefined,
    foreignWriter: foreignWriterOf(metadata.managedFields, annotations[TAKE_OVER], now),
  };
  const isKeda = base.effective.kind === 'dso' && base.effective.dso.engine === 'keda';
  const scale = scaleOf(stored, isKeda, told?.scale?.before ?? null, before?.dso.scale ?? null);
  return [key, { identity, dso: { ...base, stored, scale } }];
}

/** Whether something else than the status itself is another one: what was written here comes back as an event. */
export function isNewsOfDso(before: KeptDso, after: KeptDso): boolean {
  const [one, other] = [before, after].map(({ identity, dso: { stored } }) => {
    return { identity, isKeda: stored?.engine === 'keda', rest: { ...stored, ...STATUS_LEFT_OUT } };
  });
  return !isDeepStrictEqual(one, other);
}

const STATUS_LEFT_OUT = { status: null, resourceVersion: '', lastCommit: null, engine: null };

/**
 * The number that counts; null: none.
 *
 * @param isKeda KEDA scales it: what its ScaledObject says tells whether the number counts
 * @param before what it was while the triggers decided, as the status says
 */
function scaleOf(
  { namespace, name, replicas, scale, counted }: StoredDso,
  isKeda: boolean,
  before: number | null,
  earlier: HubObject | null,
): HubObject | null {
  const isMeant = scale !== null && (counted !== null || (scale > 0 && scale !== before));
  if (!isKeda && !isMeant) return null;
  const now = scaleObject(namespace, name, replicas);
  // The same object as long as it says the same.
  return isDeepStrictEqual(earlier, now) ? earlier : now;
}

/**
 * Whether somebody wrote the number in another way than through the subresource scale. After a 0 the API server does not note
 * any more who scales, so only that others did not is known.
 */
function isOthers(managers: readonly z.infer<typeof FieldsEntry>[]): boolean {
  return managers.some(({ subresource, fieldsV1 }) => {
    return subresource !== 'scale' && OwnedReplicas.safeParse(fieldsV1).success;
  });
}

function parseDso(object: object, key: string, settings: DemandSettings, lists: MemberLists): HubDso | null {
  const where = `DistributedScaledObject ${key}`;
  // Items of a list come without kind and apiVersion.
  const value = { ...object, apiVersion: DSO_API_VERSION, kind: DSO_KIND };
  const parsed = parseObject({ value, locate: (problem) => ({ ...problem, where }) }, settings);
  return parsed.kind === 'dso' ? lists.share(parsed.dso) : null;
}

/** Whoever has fields of the status beside us; the HPA writes the subresource scale, not this one. */
function foreignWriterOf(
  entries: readonly z.infer<typeof FieldsEntry>[],
  takeOver: string | undefined,
  now: number,
): ForeignWriter | null {
  const foreign = entries.filter(({ manager, subresource, fieldsV1 }) => {
    return subresource === 'status' && manager !== FIELD_MANAGER && fieldsV1 !== undefined && 'f:status' in fieldsV1;
  });
  const [last] = foreign.toSorted((one, other) => Date.parse(other.time) - Date.parse(one.time));
  if (!last) return null;
  const { manager, time } = last;
  if (takeOver === undefined) return { manager, time, isTakenOver: false, problem: null };
  const problem = problemOfTakeOver(takeOver, now);
  const isTakenOver = problem === null && Date.parse(time) <= Date.parse(takeOver);
  return { manager, time, isTakenOver, problem };
}

/** A time to come would take over what is written by then as well. */
function problemOfTakeOver(text: string, now: number): string | null {
  const isTime = z.iso.datetime({ offset: true }).safeParse(text).success;
  if (isTime && Date.parse(text) <= now + SKEW_MS) return null;
  const expected = 'expected the time at which it was switched off, such as 2026-03-03T14:03:00Z, and none to come';
  return `annotation ${TAKE_OVER} does not count: ${expected}; found ${show(text)}`;
}
