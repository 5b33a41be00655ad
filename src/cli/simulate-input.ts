import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { INITIAL_TOTAL } from '../api/annotations.ts';
import { DEFAULT_DEMAND_SETTINGS, type DemandSettings, type Dso } from '../api/effective.ts';
import { formatProblem, show } from '../api/problem.ts';
import { loadConfiguration } from '../config/load.ts';
import { MAX_REPLICAS } from '../demand/metric.ts';
import { messageOf, mustAct } from '../errors.ts';
import { parseSeries, type Series } from '../simulate/series.ts';
import { filesHub } from '../sources/files.ts';
import type { HubDso } from '../sources/hub.ts';
import type { SplitMember } from '../split/split.ts';
import type { Context } from './context.ts';
import { MEMBER_FORM, parseCount, parseMembers } from './member-option.ts';

/** What the command line says to simulate. */
export interface SimulateSource {
  readonly file?: string;
  readonly series?: string;
  readonly dso?: string;
  readonly config?: string;
  readonly member?: readonly string[];
  readonly initialTotal?: string;
}

/** A DSO with all that its simulation needs. */
export interface SimulateInput {
  readonly dso: Dso;
  readonly members: readonly SplitMember[];
  readonly initialTotal: number;
  readonly series: Series;
  /** Problems of the file that do not stop this DSO: broken documents, settings without an effect. One line each. */
  readonly notes: readonly string[];
  /** The file holds something that `plan` would fail for. */
  readonly hasProblems: boolean;
}

/**
 * Reads the DSO as `plan` does, and the series for its triggers.
 *
 * @throws ProductError kind `act` with every problem
 */
export async function readSimulateInput(source: SimulateSource, context: Context): Promise<SimulateInput> {
  const file = required(source.file, '--file', 'a YAML file with a DistributedScaledObject');
  const seriesFile = required(source.series, '--series', 'a CSV file with a time and a column per trigger');
  const hub = filesHub({
    patterns: [await existing(file, '--file', context)],
    base: context.directory,
    demand: await demandOf(source, context),
  });
  const { dsos, problems } = await hub.read(context.signal);
  const broken = problems.map(formatProblem);
  const picked = pick(dsos, source.dso, file, broken);
  const dso = effectiveOf(picked);
  const members = membersOf(dso, source.member ?? []);
  const initialTotal = initialTotalOf(dso, source.initialTotal);
  const series = await readSeries(dso, seriesFile, context);
  const advice = dso.advice.map((problem) => formatProblem({ ...problem, where: picked.locate(problem.path) }));
  return { dso, members, initialTotal, series, notes: [...broken, ...advice], hasProblems: broken.length > 0 };
}

function required(value: string | undefined, option: string, what: string): string {
  if (value) return value;
  throw mustAct('InputInvalid', `${option}: expected ${what}; found nothing`);
}

async function existing(file: string, option: string, context: Context): Promise<string> {
  const path = resolve(context.directory, file);
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return path;
  throw mustAct('InputInvalid', `${option}: expected a file; found ${found ? 'a directory' : 'nothing'} at ${path}`);
}

async function demandOf({ config }: SimulateSource, context: Context): Promise<DemandSettings> {
  if (config === undefined) return DEFAULT_DEMAND_SETTINGS;
  return (await loadConfiguration(resolve(context.directory, config))).demand;
}

function pick(dsos: readonly HubDso[], name: string | undefined, file: string, broken: readonly string[]): HubDso {
  const key = name === undefined || name.includes('/') ? name : `default/${name}`;
  const found = key === undefined ? dsos : dsos.filter((dso) => dso.key === key);
  const [only] = found;
  if (only && found.length === 1) return only;
  const names = dsos.map((dso) => dso.key).join(', ') || 'none';
  const expected =
    key === undefined
      ? 'expected one DistributedScaledObject'
      : `--dso: expected a DistributedScaledObject of the file; found ${show(key)}`;
  const hint = key === undefined && dsos.length > 1 ? '; name one with --dso <namespace>/<name>' : '';
  throw mustAct('InputInvalid', [...broken, `${file}: ${expected}; in the file: ${names}${hint}`].join('\n'));
}

function effectiveOf({ effective, locate }: HubDso): Dso {
  if (effective.kind === 'dso') return effective.dso;
  const problems = effective.kind === 'invalid' ? effective.problems : [effective.problem];
  const lines = problems.map((problem) => formatProblem({ ...problem, where: locate(problem.path) }));
  throw mustAct(effective.kind === 'invalid' ? 'InvalidSpec' : 'Unsupported', lines.join('\n'));
}

function membersOf(dso: Dso, texts: readonly string[]): readonly SplitMember[] {
  if (dso.members) {
    if (texts.length > 0)
      throw mustAct('InputInvalid', `--member: expected none, ${dso.key} names its members; found ${show(texts[0])}`);
    return dso.members.map(({ name, weight, min, max, priority }) => ({
      name,
      weight,
      min,
      priority,
      ...(max === null ? {} : { max }),
    }));
  }
  const { members, problems } = parseMembers(texts, 1);
  if (problems.length > 0) throw mustAct('InputInvalid', problems.join('\n'));
  if (members.length > 0) return members;
  throw mustAct(
    'InputInvalid',
    `${dso.key} has no memberClusters: expected --member ${MEMBER_FORM} for each known member; found nothing`,
  );
}

function initialTotalOf(dso: Dso, text: string | undefined): number {
  if (text === undefined) return dso.initialTotal ?? 0;
  const total = parseCount(text, MAX_REPLICAS);
  if (total !== null) return total;
  throw mustAct(
    'InputInvalid',
    `--initial-total: expected an integer from 0 to ${MAX_REPLICAS} (default: the annotation ${INITIAL_TOTAL}, or 0); found ${show(text)}`,
  );
}

async function readSeries(dso: Dso, file: string, context: Context): Promise<Series> {
  const path = await existing(file, '--series', context);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw mustAct('InputInvalid', `--series: cannot read ${path}: ${messageOf(error)}`, error);
  });
  const triggers = dso.triggers.map(({ id, resource }) => {
    return { id, valueType: resource.valueType, isSecret: resource.resourceKind === 'Secret' };
  });
  const parsed = parseSeries(text, triggers, file);
  if ('series' in parsed) return parsed.series;
  const shown = parsed.problems.slice(0, MOST_PROBLEMS);
  const rest = parsed.problems.length - shown.length;
  throw mustAct('SeriesInvalid', [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n'));
}

const MOST_PROBLEMS = 20;
