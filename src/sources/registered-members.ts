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
      .array(z.object({ fieldsV1: z.looseObject({ 'f:data': z.looseObject({}).optional() }).optional() }))
      .default([]),
  }),
});

/**
 * The members that a Secret of Kedify registers: its keys are `<name>-cluster.kubeconfig` (kubectl-kedify multicluster.sh).
 * The keys are taken from who manages which field, so that the kubeconfigs themselves are never asked for.
 */
export function keepMembers(object: unknown): readonly [key: string, members: readonly string[]] | null {
  const parsed = Metadata.safeParse(object);
  if (!parsed.success) return null;
  const { name, managedFields } = parsed.data.metadata;
  const keys = managedFields.flatMap(({ fieldsV1 }) => Object.keys(fieldsV1?.['f:data'] ?? {}));
  const members = keys.flatMap((key) => {
    return key.startsWith('f:') && key.endsWith(SUFFIX) ? key.slice(2, -SUFFIX.length) : [];
  });
  return [name, [...new Set(members)].filter((member) => member !== '').sort()];
}
