import { createHash } from 'node:crypto';

/** 16 hexadecimal digits that stand for a text in the name of a file or a ref. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
