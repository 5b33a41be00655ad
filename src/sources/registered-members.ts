import * as z from 'zod';

/** The form of an object without its contents: what a Secret holds never leaves the API server. */
export const METADATA_ONLY = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
};

const SUFFIX = '-cluster.kubeconfig';

const Metadata = z.object({
  metadata: z.object({
    name: z.string(),
    managedFields: z
      .array(
        z.object({ fieldsV1: z.looseObject({ 'f:data': z.record(z.string(), z.unknown()).optional() }).optional() }),
      )
      .default([]),
  }),
});

/** What a Secret registers; null: it cannot be told. */
export interface RegisteredMembers {
  readonly names: readonly string[] | null;
}

/**
 * The members that a Secret of Kedify registers: its keys are `<name>-cluster.kubeconfig` (kubectl-kedify multicluster.sh).
 * The keys are taken from who manages which field, so that the kubeconfigs themselves are never asked for; where nobody is said to manage data, they cannot be told.
 */
export function keepMembers(object: unknown): readonly [key: string, members: RegisteredMembers] | null {
  const parsed = Metadata.safeParse(object);
  if (!parsed.success) return null;
  const { name, managedFields } = parsed.data.metadata;
  const managed = managedFields.flatMap(({ fieldsV1 }) => (fieldsV1?.['f:data'] ? [fieldsV1['f:data']] : []));
  if (managed.length === 0) return [name, { names: null }];
  const keys = managed.flatMap((fields) => Object.keys(fields));
  const members = keys.flatMap((key) => {
    return key.startsWith('f:') && key.endsWith(SUFFIX) ? key.slice(2, -SUFFIX.length) : [];
  });
  return [name, { names: [...new Set(members)].filter((member) => member !== '').sort() }];
}
