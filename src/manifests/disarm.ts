/** Marks by which hosts and CI services skip a run: words in brackets, trailers, options. */
const SKIP_MARKS =
  /\[[\w -]{0,40}(?:skip|no[ _-]?(?:ci|actions?|builds?|deploy))[\w -]{0,40}\]|\*{3} ?no[ _-]?ci ?\*{3}|skip[ _-]?checks? ?:|--(?:skip(?:-ci)?|ci-skip)/gi;

/** What hosts take as the number of an issue or of a change behind a slash. */
const NUMBERED =
  /\/(issues?|pulls?|pull-requests|merge_requests|work_items|edit|epics|milestones|discussions)\/(?=\d)/gi;

/** A tracker's key, but only where it would be closed: elsewhere a person may name it. */
const CLOSED_KEY = /\b((?:clos|fix|resolv|implement)[a-z]* ?:? ?(?:issues? )?[A-Z][A-Z0-9_]*)-(?=\d)/gi;

/**
 * Text in which a host finds nothing to act on, wherever it is copied to: no mention, no reference that closes an issue, no
 * mark that skips CI, no begin or end of a comment.
 */
export function disarm(text: string): string {
  return (
    text
      .replaceAll('@', '(at)')
      .replaceAll(SKIP_MARKS, '(mark removed)')
      // A reference is not one any more, whatever stands before it: #1, !1, GH-1 and the URL of an issue.
      .replaceAll(/[#!](?=[\p{L}\d])/gu, '$& ')
      .replaceAll(/GH-(?=\d)/gi, 'GH- ')
      .replaceAll(NUMBERED, '/$1/ ')
      .replaceAll(CLOSED_KEY, '$1- ')
      .replaceAll(/<(?=!--)|--!?(?=>)/g, '$& ')
  );
}
