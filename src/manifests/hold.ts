import * as z from 'zod';
import { emitYaml } from './emit-yaml.ts';
import { readUntrustedYaml } from './untrusted-yaml.ts';

/** A person's no, in Git beside the records. It stays when it has ended, so that who ended it is told as well. */
export const HoldMarker = z.strictObject({
  apiVersion: z.literal('dso-gitops.dev/v1alpha1').describe('Version of this form of the file.'),
  kind: z.literal('Hold').describe('Kind of the document.'),
  metadata: z
    .strictObject({
      namespace: z.string().describe('Namespace of the DSO.'),
      name: z.string().describe('Name of the DSO.'),
    })
    .describe('Which DistributedScaledObject it is about.'),
  isHeld: z.boolean().describe('Nothing is written for it; false: it was resumed.'),
  by: z.string().describe('Who said so.'),
  time: z.iso.datetime().describe('When.'),
  reason: z.string().describe('Why, in the words of that person.'),
});

export type HoldMarker = z.infer<typeof HoldMarker>;

/** Path of the marker of a DSO. */
export function holdPath(root: string, namespace: string, name: string): string {
  return `${root}/holds/${namespace}/${name}.yaml`;
}

/** Text of a marker. */
export function renderHold(marker: HoldMarker): string {
  return `# Nothing is written for this DistributedScaledObject while isHeld is true.\n${emitYaml(marker)}`;
}

/** A marker from its text; one that cannot be read holds as well, since nobody knows when. */
export function parseHold(text: string): Pick<HoldMarker, 'isHeld' | 'by' | 'reason' | 'time'> {
  return (
    HoldMarker.safeParse(readUntrustedYaml(text)).data ?? {
      isHeld: true,
      by: 'somebody',
      time: '',
      reason: 'the marker cannot be read',
    }
  );
}
