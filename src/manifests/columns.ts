/** Columns of a text: what is not ASCII may take two. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += character < '\u007f' ? 1 : 2;
  return columns;
}

/** As much of a text as there is room for; what is cut off is told by three dots. @param columns at least 3 */
export function cutToColumns(text: string, columns: number): string {
  if (text.length * 2 <= columns || columnsOf(text) <= columns) return text;
  let kept = '';
  let used = 3;
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) break;
    kept += character;
  }
  return `${kept.trimEnd()}...`;
}
