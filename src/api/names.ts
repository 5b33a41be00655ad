import * as z from 'zod';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

/** A DNS-1123 label: what Kubernetes takes as a namespace. Safe as a path segment. */
export const DnsLabel = z
  .string()
  .max(63, 'expected at most 63 characters')
  .regex(
    new RegExp(`^${LABEL}$`),
    'expected lower-case letters, digits and "-", starting and ending with a letter or digit',
  );

/** A DNS-1123 subdomain: what Kubernetes takes as the name of most objects. Safe as a path segment. */
export const DnsName = z
  .string()
  .max(253, 'expected at most 253 characters')
  .regex(
    new RegExp(`^${LABEL}(\\.${LABEL})*$`),
    'expected lower-case letters, digits, "-" and ".", starting and ending with a letter or digit',
  );

/** `namespace/name`, the key of a DSO everywhere. */
export function objectKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
