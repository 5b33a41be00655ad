import { blobId } from './blob.ts';

/** A content that the repository has already. */
export interface Stored {
  /** Blob id. */
  readonly id: string;
}

/** path -> new content, in one destination; null: the file is removed. Pure data; a dry run prints it. */
export type ChangeSet = ReadonlyMap<string, string | Stored | null>;

/** Blob id of a content. */
export function idOf(content: string | Stored): string {
  return typeof content === 'string' ? blobId(content) : content.id;
}

/** The text of a content; null: it is stored already, or there is none. */
export function textOf(content: string | Stored | null | undefined): string | null {
  return typeof content === 'string' ? content : null;
}
