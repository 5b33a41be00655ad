import { mustAct, type ProductError } from '../errors.ts';
import type { Engine } from '../reconcile/engine.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import type { GivenMetric } from '../sources/given-metrics.ts';
import type { HubDso } from '../sources/hub.ts';
import { connect } from './connect.ts';
import type { Context } from './context.ts';
import type { OpenHub } from './open-hub.ts';
import { type HubOptions, isSelective, keyOf, requireConfiguration, selectionOf } from './options.ts';

/** Options of a command that evaluates once. */
export interface TickOnceOptions extends HubOptions {
  readonly output: string;
  readonly adopt?: ReadonlyMap<string, number>;
  readonly approve?: ReadonlySet<string>;
  readonly setMetric?: readonly GivenMetric[];
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
 * @param name `<namespace>/<name>` of the only DSO that is wanted; undefined: all that the options select
 * @throws ProductError when the name is of no DSO
 */
export async function tickOnce(
  mode: 'plan' | 'apply',
  name: string | undefined,
  options: TickOnceOptions,
  context: Context,
): Promise<TickedOnce> {
  const path = await requireConfiguration(options.config, context);
  const { engine, open } = await connect(path, options, true, context, options.setMetric);
  try {
    const { adopt, approve } = options;
    const only = isSelective(options, name) && { only: selectionOf(options, name) };
    const said = { ...(adopt && { adopt }), ...(approve && { approve }), ...only };
    const named = [...(adopt?.keys() ?? []), ...(approve ?? [])];
    if (named.length > 0) await checkNames(named, open, context);
    const isDiffed = options.output !== 'table';
    const result = await engine.tick({ mode, now: context.now(), isDiffed, signal: context.signal, ...said });
    for (const { key, landed } of result.outcomes)
      if (landed && adopt?.has(key))
        context.stderr(`${key}: --adopt has no effect, decision ${landed.seq} is there already\n`);
    if (name === undefined || result.outcomes.length > 0) return { engine, open, result };
    throw notFound(keyOf(name, options), result.dsos);
  } finally {
    await open.close();
  }
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
