/** What DistributedScaledObjects are called in an API server. */
export const DSO_GROUP = 'keda.kedify.io';
export const DSO_VERSION = 'v1alpha1';
export const DSO_PLURAL = 'distributedscaledobjects';

/** Name of the CustomResourceDefinition. */
export const DSO_RESOURCE = `${DSO_PLURAL}.${DSO_GROUP}`;

/** Path of the DSOs of a namespace, or of all. */
export function dsoPath(namespace: string | null): string {
  const scope = namespace === null ? '' : `namespaces/${namespace}/`;
  return `/apis/${DSO_GROUP}/${DSO_VERSION}/${scope}${DSO_PLURAL}`;
}
