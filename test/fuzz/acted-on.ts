/**
 * Marks that skip a run, as each of them documents it: GitHub, Gitea, GitLab, Bitbucket, CircleCI, Semaphore, Azure,
 * AppVeyor, Travis, Drone, Woodpecker, Codeship, Cloudflare, Netlify, Tekton.
 */
export const SKIPS = [
  /\[(skip|no|ci|actions)[ _-]?(ci|actions|skip)\]/i,
  /\[(skip (azurepipelines|azpipelines|azp)|(azurepipelines|azpipelines|azp) skip)\]/i,
  /\[(skip (appveyor|travis( ci|-ci|ci)?|netlify|tkn)|(travis( ci|-ci|ci)?|netlify|tkn) skip|cf-pages-skip)\]/i,
  /\*\*\*\s*no_ci\s*\*\*\*|skip-checks:|--skip-ci|--ci-skip/i,
];
/** References to issues and changes. A name may be gh-1: that closes nothing. */
export const REFERENCES = /[#!]\d|\bGH-\d|\/(issues|pulls?|merge_requests|pull-requests|work_items)\/\d/;
/** What closes an issue in a commit message. */
export const CLOSES =
  /\b(clos(e[sd]?|ing)|fix(e[sd]|ing)?|resolv(e[sd]?|ing)|implement(s|ed|ing)?):? +(issues? +)?([#!]|[\w/.-]+#|GH-|[A-Z][A-Z0-9_]+-)\d/i;
