import { cleanText } from './clean-text.ts';

/** As names of Kubernetes are: they stand as they are, so that machines find them. */
const NAME = /^[a-z0-9][a-z0-9.-]*(\/[a-z0-9][a-z0-9.-]*)?$/;

/** A name, or `namespace/name`, for a message; what is none is cleaned as any text. */
export function cleanName(name: string): string {
  return NAME.test(name) ? name : cleanText(name);
}
