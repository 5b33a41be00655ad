import * as z from 'zod';
import { DSO_RESOURCE, DSO_VERSION } from '../api/resource.ts';
import { mustAct, type ProductError } from '../errors.ts';

/** What matters of the CustomResourceDefinition that is installed. */
export interface InstalledCrd {
  readonly isEstablished: boolean;
  /** It has the fields that only ours has; without them the API server drops what we write. */
  readonly isOurs: boolean;
}

const APPLY = 'dso-gitops crd | kubectl apply --server-side --force-conflicts -f -';

const Properties = z.looseObject({ properties: z.looseObject({}).default({}) });

const Crd = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    versions: z.array(
      z.object({
        name: z.string(),
        schema: z
          .object({
            openAPIV3Schema: z.object({ properties: z.object({ status: Properties.optional() }).default({}) }),
          })
          .optional(),
      }),
    ),
  }),
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
    .default({ conditions: [] }),
});

/** What is kept of a CustomResourceDefinition; null: it is another one. */
export function keepCrd(object: unknown): readonly [key: string, crd: InstalledCrd] | null {
  const parsed = Crd.safeParse(object);
  if (!parsed.success || parsed.data.metadata.name !== DSO_RESOURCE) return null;
  const { spec, status } = parsed.data;
  const version = spec.versions.find(({ name }) => name === DSO_VERSION);
  const isOurs = 'gitOps' in (version?.schema?.openAPIV3Schema.properties.status?.properties ?? {});
  const isEstablished = status.conditions.some((one) => one.type === 'Established' && one.status === 'True');
  return [DSO_RESOURCE, { isOurs, isEstablished }];
}

/** Why no DSO can be served with what is installed; null: it can. */
export function crdProblem(crd: InstalledCrd | undefined): ProductError | null {
  if (!crd)
    return mustAct('CrdMissing', `the hub does not know DistributedScaledObjects; waiting for the CRD: run ${APPLY}`);
  if (!crd.isOurs) {
    const message = `the CRD ${DSO_RESOURCE} is not the one of dso-gitops (Kedify's, or an older one); ours is a superset of it: run ${APPLY}; waiting for it`;
    return mustAct('CrdOutdated', message);
  }
  return crd.isEstablished ? null : mustAct('CrdMissing', `waiting for the CRD ${DSO_RESOURCE} to be established`);
}
