import * as core from '@actions/core';
import { parseMetric } from '../cli/options.ts';
import { mustAct } from '../errors.ts';
import type { GivenMetric } from '../sources/given-metrics.ts';
import { type Bound, parseBound } from './bounds.ts';

export const COMMANDS = ['plan', 'apply', 'verify'] as const;

/** What the workflow says, checked. */
export interface Inputs {
  readonly command: (typeof COMMANDS)[number];
  /** Path of the configuration, relative to the working directory. */
  readonly config: string;
  /** Relative to the workspace. */
  readonly workingDirectory: string;
  /** Empty: none. */
  readonly token: string;
  readonly isDryRun: boolean;
  readonly failOn: readonly Bound[];
  readonly metrics: readonly GivenMetric[];
}

/** Reads the inputs. @throws ProductError kind `act` */
export function readInputs(): Inputs {
  const token = core.getInput('token');
  if (token !== '') core.setSecret(token);
  const command = COMMANDS.find((one) => one === core.getInput('command'));
  if (!command) throw invalid('command', `one of ${COMMANDS.join(', ')}`, core.getInput('command'));
  return {
    command,
    config: core.getInput('config'),
    workingDirectory: core.getInput('working-directory'),
    token,
    isDryRun: flag('dry-run'),
    failOn: listOf('fail-on', /(?<![>\s])[\s,]+(?![\s>%])/).map(boundOf),
    metrics: listOf('set-metric', /\n/).reduce<readonly GivenMetric[]>(metricOf, []),
  };
}

function flag(name: string): boolean {
  const value = core.getInput(name);
  if (value === 'true' || value === 'false') return value === 'true';
  throw invalid(name, 'true or false', value);
}

function listOf(name: string, separator: RegExp): readonly string[] {
  return core
    .getInput(name)
    .split(separator)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function boundOf(text: string): Bound {
  const bound = parseBound(text);
  if (bound) return bound;
  throw invalid('fail-on', 'invalid, unplaced, change>N or change>N% with N from 0 on', text);
}

function metricOf(before: readonly GivenMetric[], text: string): readonly GivenMetric[] {
  try {
    return parseMetric(text, before);
  } catch {
    throw invalid('set-metric', '<namespace>/<configmap>:<key>=<value> on each line', text);
  }
}

function invalid(name: string, expected: string, found: string): Error {
  return mustAct('InputInvalid', `input ${name}: expected ${expected}; found ${JSON.stringify(found)}`);
}
