import * as z from 'zod';
import { customResourceDefinition } from '../api/crd.ts';
import { droppedFields } from '../api/dropped-fields.ts';
import { DSO_RESOURCE, DSO_VERSION } from '../api/resource.ts';
import { mustAct, type ProductError } from '../errors.ts';

/** What matters of the CustomResourceDefinition that is installed. */
export interface InstalledCrd {
  readonly isEstablished: boolean;
  /** Fields that only ours has: the API server drops what we, or users, write to them. */
  readonly dropped: readonly string[];
}

const APPLY = 'dso-gitops crd | kubectl apply --server-side --force-conflicts -f -';
/** Fields that a message names. */
const MOST_NAMED = 3;

const Crd = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    versions: z.array(z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: z.unknown() }).optional() })),
  }),
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
    .default({ conditions: [] }),
});

/** What is kept of a CustomResourceDefinition; null: it is another one. */
export function keepCrd(object: unknown): readonly [key: string, crd: InstalledCrd] | null {
  const parsed = Crd.safeParse(object);
  if (!parsed.success || parsed.data.metadata.name !== DSO_RESOURCE) return null;
  const isEstablished = parsed.data.status.conditions.some(
    (one) => one.type === 'Established' && one.status === 'True',
  );
  const dropped = droppedFields(schemaOf(customResourceDefinition()), schemaOf(object));
  return [DSO_RESOURCE, { dropped, isEstablished }];
}

/** Why no DSO can be served with what is installed; null: it can. */
export function crdProblem(crd: InstalledCrd | undefined): ProductError | null {
  if (!crd)
    return mustAct(
      'CrdMissing',
      `the hub does not know DistributedScaledObjects; apply the CRD: ${APPLY}; run goes on by itself when it is there`,
    );
  if (crd.dropped.length > 0) {
    const more = crd.dropped.length - MOST_NAMED;
    const fields = `${crd.dropped.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const message = `the CRD ${DSO_RESOURCE} is not the one of dso-gitops (Kedify's, or an older one): the API server drops ${fields}; ours is a superset of it: run ${APPLY}; run goes on by itself when it is there`;
    return mustAct('CrdOutdated', message);
  }
  return crd.isEstablished ? null : mustAct('CrdMissing', `waiting for the CRD ${DSO_RESOURCE} to be established`);
}

function schemaOf(crd: unknown): unknown {
  const { spec } = Crd.parse(crd);
  return spec.versions.find(({ name }) => name === DSO_VERSION)?.schema?.openAPIV3Schema;
}
