/** path -> new content, in one destination. Pure data; a dry run prints it. */
export type ChangeSet = ReadonlyMap<string, string>;
