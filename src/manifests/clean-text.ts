/**
 * Text of an object for a commit: one line, no control characters, no mention, no closing keyword, no mark that skips
 * CI, and nothing that reads as a trailer.
 */
export function cleanText(text: string, maxLength = 200): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('@', '(at)')
    .replaceAll(
      /\[(skip|no)[ -](ci|actions)\]|\[(ci|actions) skip\]|\*\*\*NO_CI\*\*\*|skip-checks:/gi,
      '(mark removed)',
    )
    .replaceAll(/\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(?=[\w./-]*#\d)/gi, '')
    .trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 3)}...` : line;
}
