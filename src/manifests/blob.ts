import { createHash } from 'node:crypto';

/** The id Git gives a file's content in a sha1 repository: equality without reading. */
export function blobId(content: string): string {
  const bytes = Buffer.from(content);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
