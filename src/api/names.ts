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

function subdomain(most: number, expected: string): z.ZodString {
  return z
    .string()
    .max(most, expected)
    .regex(
      new RegExp(`^${LABEL}(\\.${LABEL})*$`),
      'expected lower-case letters, digits, "-" and ".", starting and ending with a letter or digit',
    );
}

/** A DNS-1123 subdomain: what Kubernetes takes as the name of most objects. Safe as a path segment. */
export const DnsName = subdomain(253, 'expected at most 253 characters');

/** A file or a directory of more bytes cannot be checked out: whoever syncs the repository would stop. */
export const MAX_SEGMENT = 255;

/** The name of a DSO: its record is `<name>.yaml`, and its overlay stands in a directory beside files of kustomize. */
export const DsoName = subdomain(
  MAX_SEGMENT - '.yaml'.length,
  'expected at most 250 characters: with .yaml a longer name is none that a file can have',
).refine((name) => !/^kustomization\.ya?ml$/.test(name), {
  message: 'expected another name: kustomize takes a file of this name for its own',
});

/** Text that stands in messages and on terminals as it is. */
export const PlainText = z
  .string()
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'expected text without control or invisible characters');

/** `namespace/name`, the key of a DSO everywhere. */
export function objectKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
