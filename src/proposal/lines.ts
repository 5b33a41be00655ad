/**
 * The first lines that there is room for.
 *
 * @param room in UTF-16 units, line breaks included
 */
export function linesThatFit(lines: readonly string[], room: number): readonly string[] {
  let left = room;
  const end = lines.findIndex((line) => {
    left -= line.length + 1;
    return left < 0;
  });
  return end === -1 ? lines : lines.slice(0, end);
}
