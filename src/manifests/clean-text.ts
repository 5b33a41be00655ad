/** Marks by which hosts and CI services skip a run: words in brackets, trailers, options. */
const SKIP_MARKS =
  /\[[\w -]{0,40}(?:skip|no[ _-]?(?:ci|actions?|builds?|deploy))[\w -]{0,40}\]|\*{3} ?no[ _-]?ci ?\*{3}|skip[ _-]?checks? ?:|--(?:skip(?:-ci)?|ci-skip)/gi;

/** What hosts take as the number of an issue or of a change behind a slash. */
const NUMBERED =
  /\/(issues?|pulls?|pull-requests|merge_requests|work_items|edit|epics|milestones|discussions)\/(?=\d)/gi;

/** A tracker's key, but only where it would be closed: elsewhere a person may name it. */
const CLOSED_KEY = /\b((?:clos|fix|resolv|implement)[a-z]* ?:? ?(?:issues? )?[A-Z][A-Z0-9_]*)-(?=\d)/gi;

/**
 * Text of an object or of a stranger's commit on one line: no control, invisible or direction-changing characters, no
 * mention, no reference that closes an issue, no mark that skips CI, and nothing that reads as a trailer.
 *
 * @param maxLength of the result, in UTF-16 units
 */
export function cleanText(text: string, maxLength = 200): string {
  const line = text
    // What comes later is cut off anyway.
    .slice(0, maxLength * 10)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('@', '(at)')
    .replaceAll(SKIP_MARKS, '(mark removed)')
    // A reference is not one any more, whatever stands before it: #1, !1, GH-1 and the URL of an issue.
    .replaceAll(/[#!](?=[\p{L}\d])/gu, '$& ')
    .replaceAll(/GH-(?=\d)/gi, 'GH- ')
    .replaceAll(NUMBERED, '/$1/ ')
    .replaceAll(CLOSED_KEY, '$1- ')
    .trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 3).replace(/\p{Cs}$/u, '')}...` : line;
}
