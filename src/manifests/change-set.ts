/** path -> new content, in one destination; null: the file is removed. Pure data; a dry run prints it. */
export type ChangeSet = ReadonlyMap<string, string | null>;
