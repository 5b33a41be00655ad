import { posix } from 'node:path';
import * as core from '@actions/core';
import { formatProblem, type LocatedProblem } from '../api/problem.ts';
import type { Context } from '../cli/context.ts';
import type { ProductError } from '../errors.ts';
import type { Finding } from '../history/finding.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import type { Report } from '../reconcile/report.ts';
import { byFile } from './by-file.ts';
import { checkoutGit, firstChangedLine } from './changed-line.ts';
import { inWorkflow } from './hints.ts';
import type { WorkflowRun } from './workflow-run.ts';

const PLACE = /^(.+):(\d+)$/;
/** `file:line: what is wrong`, as problems of the configuration are listed. */
const LISTED = /^(.+?):(\d+): (.+)$/;

/** Names every problem at its line. @param base directory that files are relative to, in the checkout */
export function annotateProblems({ outcomes, problems }: TickResult, base: string): void {
  for (const { verdict, problems: own } of outcomes)
    for (const problem of own) {
      // On what is served it is advice.
      const say = verdict.kind === 'stalled' ? core.error : core.notice;
      say(textOf(problem), placeOf(problem, base));
    }
  for (const [first, ...others] of byFile(problems, (problem) => placeOf(problem, base).file ?? '').values()) {
    if (!first) continue;
    // Only a few are shown.
    const more = others.length > 0 ? `; ${others.length} more in this file` : '';
    core.error(`${textOf(first)}${more}`, placeOf(first, base));
  }
}

/** Its place stands beside it. */
function textOf(problem: LocatedProblem): string {
  return formatProblem({ ...problem, where: '' });
}

/** Names what could not be delivered. @returns how much that is */
export function annotateUndelivered({ destinations, proposals }: Report): number {
  const errors = [...destinations, ...proposals].flatMap(({ error }) => error ?? []);
  for (const error of errors) core.error(inWorkflow(error));
  return errors.length;
}

/** Names every reading that is missing: it scales nothing down, and nothing up. */
export function annotateReadings({ dsos }: Report): void {
  for (const { key, readings } of dsos)
    for (const { problem } of readings) if (problem !== null) core.warning(`${key}: ${problem}`);
}

function placeOf({ where }: LocatedProblem, base: string): core.AnnotationProperties {
  const [, file = where, line = '1'] = PLACE.exec(where) ?? [];
  return { file: posix.join(base, file), startLine: Number(line) };
}

/** Why the run as a whole has failed; what is wrong with the configuration at its lines. @param file the configuration, in the checkout */
export function annotateFailure(error: ProductError, file: string): void {
  const { reason, message } = error;
  const listed = reason === 'ConfigurationInvalid' ? message.split('\n').map((line) => LISTED.exec(line)) : [];
  for (const found of listed) if (found) core.error(found[3] ?? '', { file, startLine: Number(found[2]) });
  core.setFailed(inWorkflow(error));
}

/** Names every finding at the first line of its file that differs from a commit. @param base null: none is named */
export async function annotateFindings(
  findings: readonly Finding[],
  base: string | null,
  { workspace }: WorkflowRun,
  { environment, signal }: Context,
): Promise<void> {
  const git = checkoutGit(workspace, environment, signal);
  const lines = new Map<string, number | null>();
  for (const { reason, path, commit, author, message } of findings) {
    if (base !== null && !lines.has(path)) lines.set(path, await firstChangedLine(git, base, path));
    const said = `${reason}: ${message} (commit ${commit.slice(0, 10)} by ${author})`;
    core.error(said, { file: path, startLine: lines.get(path) ?? 1 });
  }
}
