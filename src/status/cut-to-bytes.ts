const MARK = '...';

/** The text, or as many whole characters of it as fit into `max` bytes of UTF-8 with three dots after them. */
export function cutToBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  const beginning = Buffer.from(text).subarray(0, max - MARK.length);
  // A character that is not complete is kept back for more, which does not come.
  return `${new TextDecoder('utf-8', { ignoreBOM: true }).decode(beginning, { stream: true })}${MARK}`;
}
