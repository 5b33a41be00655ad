import { parseDuration } from '../api/duration.ts';
import type { MergeMethod } from '../forge/forge.ts';
import type { GroupBy } from '../proposal/head.ts';
import type { RebuildSettings } from '../proposal/next-step.ts';
import { PullRequests } from './pull-request-schema.ts';
import type { DestinationFile } from './schema.ts';

/** How what a rule proposes becomes pull requests. */
export interface PullRequestSettings {
  readonly groupBy: GroupBy;
  readonly labels: readonly string[];
  /** Logins, and teams as `organisation/team`. */
  readonly reviewers: readonly string[];
  /** null: a person merges. */
  readonly autoMerge: MergeMethod | null;
  readonly validForMs: number;
  readonly rebuild: RebuildSettings;
}

/** Settings of a destination; null: nothing is proposed. @param isProposing a rule of it proposes changes */
export function loadPullRequests({ pullRequests }: DestinationFile, isProposing: boolean): PullRequestSettings | null {
  if (!pullRequests && !isProposing) return null;
  const file = pullRequests ?? PullRequests.parse({});
  return {
    groupBy: file.groupBy,
    labels: file.labels,
    reviewers: file.reviewers,
    autoMerge: file.autoMerge ?? null,
    validForMs: parseDuration(file.validFor) ?? 0,
    rebuild: {
      thresholdPercent: file.rebuild.threshold,
      minIntervalMs: parseDuration(file.rebuild.minInterval) ?? 0,
    },
  };
}
