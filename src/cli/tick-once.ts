import type { Configuration } from '../config/load.ts';
import { mustAct, type ProductError } from '../errors.ts';
import type { Engine } from '../reconcile/engine.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import type { GivenMetric } from '../sources/given-metrics.ts';
import type { HubDso } from '../sources/hub.ts';
import { connect } from './connect.ts';
import type { Context } from './context.ts';
import type { OpenHub } from './open-hub.ts';
import { type HubOptions, isSelective, keyOf, requireConfiguration, selectionOf } from './options.ts';
import { recordedIn, someOf } from './recorded-in.ts';
import { writeStatus } from './write-status.ts';

/** Options of a command that evaluates once. */
export interface TickOnceOptions extends HubOptions {
  readonly adopt?: ReadonlyMap<string, number>;
  readonly approve?: ReadonlySet<string>;
  readonly setMetric?: readonly GivenMetric[];
}

/** The same of a command that prints in several formats. */
export interface PrintedOptions extends TickOnceOptions {
  readonly output: string;
}

/** What was evaluated, and with what. */
export interface TickedOnce {
  readonly engine: Engine;
  readonly open: OpenHub;
  readonly result: TickResult;
}

/**
 * Evaluates the hub of a configuration once.
 *
 * @param isDiffed texts of files are told, before and after; a plan always tells them
 * @param name `<namespace>/<name>` of the only DSO that is wanted; undefined: all that the options select
 * @throws ProductError when the name is of no DSO
 */
export async function tickOnce(
  mode: 'plan' | 'apply',
  name: string | undefined,
  options: TickOnceOptions,
  isDiffed: boolean,
  context: Context,
): Promise<TickedOnce> {
  const path = await requireConfiguration(options.config, context);
  const { configuration, engine, open } = await connect(path, options, true, context, options.setMetric);
  try {
    const { adopt, approve } = options;
    const only = isSelective(options, name) && { only: selectionOf(options, name) };
    const said = { ...(adopt && { adopt }), ...(approve && { approve }), ...only };
    const named = [...(adopt?.keys() ?? []), ...(approve ?? [])];
    if (named.length > 0) await checkNames(named, open, context);
    const result = await engine.tick({ mode, now: context.now(), isDiffed, signal: context.signal, ...said });
    for (const { key, landed } of result.outcomes)
      if (landed && adopt?.has(key))
        context.stderr(`${key}: --adopt has no effect, decision ${landed.seq} is there already\n`);
    if (name === undefined && result.dsos.length === 0) await sayEmptied(configuration, engine, context);
    if (name === undefined || result.outcomes.length > 0) return { engine, open, result };
    throw notFound(keyOf(name, options), result.dsos);
  } finally {
    await open.close();
  }
}

/** A hub from which everything is gone may be a checkout that failed. */
async function sayEmptied(configuration: Configuration, engine: Engine, { stderr }: Context): Promise<void> {
  // A destination that cannot be read is told where it is needed.
  const keys = await recordedIn(configuration, engine).catch(() => []);
  if (keys.length === 0) return;
  stderr(`the hub has no object any more; what is in Git stays as it is, with decisions of ${someOf(keys)}\n`);
}

/** A name that is mistyped is not silently a word for nobody. */
async function checkNames(keys: readonly string[], { hub }: OpenHub, { signal }: Context): Promise<void> {
  const { dsos } = await hub.read(signal);
  for (const key of keys) if (!dsos.some((dso) => dso.key === key)) throw notFound(key, dsos);
}

function notFound(key: string, dsos: readonly HubDso[]): ProductError {
  const known = dsos.map((dso) => dso.key).join(', ');
  return mustAct('NotFound', `there is no DistributedScaledObject ${key}; found: ${known || 'none'}`);
}

/** What is left to do when a run has applied and said what is due, so that a host that refuses it does not hide that. */
export async function endApply({ engine, open, result }: TickedOnce, context: Context): Promise<void> {
  await engine.saveStates(context.now());
  await writeStatus(open, result, context);
}
