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
    // A reference is not one any more, whatever stands before it: #1, GH-1 and the URL of an issue.
    .replaceAll(/#(?=\d)/g, '# ')
    .replaceAll(/GH-(?=\d)/gi, 'GH- ')
    .replaceAll(/\/(issues|pull|merge_requests)\/(?=\d)/gi, '/$1/ ')
    .trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 3)}...` : line;
}
