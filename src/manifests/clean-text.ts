import { disarm } from './disarm.ts';

/**
 * Text of an object or of a stranger's commit on one line: no control, invisible or direction-changing characters, nothing
 * that a host acts on, and nothing that reads as a trailer.
 *
 * @param maxLength of the result, in UTF-16 units
 */
export function cleanText(text: string, maxLength = 200): string {
  const line = text
    // What comes later is cut off anyway.
    .slice(0, maxLength * 10)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]+/gu, ' ')
    .replaceAll(/\s+/g, ' ');
  const safe = disarm(line).trim();
  return safe.length > maxLength ? `${safe.slice(0, maxLength - 3).replace(/\p{Cs}$/u, '')}...` : safe;
}
