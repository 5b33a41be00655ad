/** Whether a text is the id of a commit, or enough of its beginning to name one. */
export function isCommitId(text: string): boolean {
  return /^[0-9a-f]{7,64}$/i.test(text);
}
