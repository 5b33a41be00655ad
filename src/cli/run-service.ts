import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Configuration } from '../config/load.ts';
import { mustAct, type ProductError } from '../errors.ts';
import { ScaledObjectKeeper } from '../keda/keeper.ts';
import { connectToCluster } from '../kubernetes/client.ts';
import { leaseStore } from '../kubernetes/lease-store.ts';
import { describeFailure, runLoop } from '../reconcile/loop.ts';
import { shortHash } from '../repository/short-hash.ts';
import { ElectionLog } from '../service/election-log.ts';
import { Health, serveHealth } from '../service/health.ts';
import { type Term, whileLeading } from '../service/lead.ts';
import { Leadership } from '../service/leadership.ts';
import { jsonLog, type Log, textLog } from '../service/log.ts';
import { MemoryLog, watchHeap } from '../service/memory.ts';
import { Metrics } from '../service/metrics.ts';
import { TransitionLog } from '../service/transition-log.ts';
import { WriteLog } from '../service/write-log.ts';
import { HUB } from '../sources/hub.ts';
import { StatusWriter } from '../status/status-writer.ts';
import { configurationOf, connectAs } from './connect.ts';
import type { Context } from './context.ts';
import { type ClusterOptions, clusterChoice, hasScaledObject } from './open-hub.ts';
import { requireConfiguration } from './options.ts';

/** How long a push or a status that is under way may take after the signal to end. */
const GRACE_MS = 4000;
/** After the signal to end no call about a Lease goes on for longer: what was not given back is anybody's soon. */
const LAST_CALL_MS = 4500;
/** Before a status that was refused is looked at again. */
const LOOK_AGAIN_MS = 2000;

/** Options of `run`. */
export interface RunOptions extends ClusterOptions {
  readonly config: string;
  readonly logFormat: string;
  readonly healthPort?: number;
  readonly leaseNamespace?: string;
}

/** Stays until it is told to end. @throws ProductError */
export async function run(options: RunOptions, context: Context): Promise<void> {
  const log = options.logFormat === 'json' ? jsonLog(context.stdout) : textLog(context.stdout, context.now);
  const configuration = await configurationOf(await requireConfiguration(options.config, context), context);
  // That the clock is set is no sign of anything that hangs.
  const health = new Health(() => performance.now());
  const { healthPort } = options;
  // Where nobody can ask for them none are kept.
  const metrics = healthPort === undefined ? null : new Metrics();
  const server =
    metrics && healthPort !== undefined ? await serveHealth(health, healthPort, () => metrics.text()) : null;
  const memory = new MemoryLog();
  const nodeOptions = [context.environment['NODE_OPTIONS'] ?? '', ...process.execArgv].join(' ');
  const unwatchHeap = watchHeap(nodeOptions, (use) => {
    for (const entry of memory.of(use)) log(entry);
  });
  const work = (term?: Term): Promise<void> => serve(configuration, options, { context, log, health, metrics }, term);
  try {
    const leadership = await leadershipOf(configuration, options, context);
    if (!leadership) await work();
    else {
      const elections = new ElectionLog();
      await whileLeading(leadership, work, context.signal, (standing) => {
        metrics?.noteLeading(leadership.isHeld);
        // Who waits does all that it should.
        if (standing.kind === 'waits') health.beat(null);
        if (standing.kind === 'fails' && !leadership.isHeld) health.beat(standing.error.message);
        for (const entry of elections.of(standing)) log(entry);
      });
    }
  } finally {
    unwatchHeap();
    await server?.close();
  }
  log({ level: 'info', message: 'ended', fields: {}, text: 'ended' });
}

interface Serving {
  readonly context: Context;
  readonly log: Log;
  readonly health: Health;
  readonly metrics: Metrics | null;
}

/** Watches and commits until it is told to end, or its term is over: then at once, and nothing more is begun. */
async function serve(configuration: Configuration, options: RunOptions, serving: Serving, term?: Term): Promise<void> {
  const { context, log, health, metrics } = serving;
  const hard = new AbortController();
  const stop = term ? AbortSignal.any([context.signal, term.signal]) : context.signal;
  const end = (): void => hard.abort(stop.reason);
  const soon = (): void => void setTimeout(end, GRACE_MS).unref();
  context.signal.addEventListener('abort', soon, { once: true });
  term?.signal.addEventListener('abort', end, { once: true });
  // What is cut off then is no failure: the other one does it, or the next start.
  const say: Log = (entry) => {
    if (!hard.signal.aborted) log(entry);
  };
  const guard = term && { beforeCall: term.check, writer: randomUUID() };
  const { open, engine } = await connectAs(configuration, options, false, {
    ...context,
    signal: hard.signal,
    ...guard,
  });
  const transitions = new TransitionLog();
  const writes = new WriteLog();
  const onWrite = (key: string, what: string, error: ProductError | null): void => {
    for (const entry of writes.of(key, what, error)) say(entry);
  };
  let changed = (): void => undefined;
  const onRefused = (): void => void setTimeout(() => changed(), LOOK_AGAIN_MS).unref();
  const writer = open.statusApi
    ? new StatusWriter({
        api: open.statusApi,
        isScaledByKeda: hasScaledObject(open),
        now: context.now,
        onWrite,
        onRefused,
      })
    : null;
  const keeper = open.keda
    ? new ScaledObjectKeeper({
        ...open.keda,
        now: context.now,
        onWrite: (key, error) => onWrite(key, 'ScaledObject', error),
        onRefused,
      })
    : null;
  say({ level: 'info', message: 'watching', fields: { hub: open.what }, text: `watching ${open.what}` });
  try {
    await runLoop({
      engine,
      open: {
        watch: (call) => {
          changed = call;
          open.watch(() => {
            metrics?.noteChange(performance.now());
            call();
          });
        },
        close: () => open.close(),
      },
      now: context.now,
      onTick: (result, tookMs) => {
        metrics?.noteTick(result, tookMs, performance.now());
        health.beat(result.problems.find(({ where }) => where === HUB)?.message ?? null);
        for (const entry of transitions.of(result)) say(entry);
        writer?.offer(result);
        keeper?.offer(result);
      },
      onError: (error) => {
        metrics?.noteFailure();
        health.beat(describeFailure(error));
        for (const entry of transitions.ofFailure(describeFailure(error))) say(entry);
      },
      onSave: (error) => {
        for (const entry of transitions.ofSaving(error === null ? '' : describeFailure(error))) say(entry);
      },
      stop,
      abort: hard.signal,
    });
  } finally {
    await Promise.all([writer?.flush(hard.signal), keeper?.flush(hard.signal)]);
    metrics?.forgetObjects();
    context.signal.removeEventListener('abort', soon);
  }
}

/** The Leases of what a configuration writes to; null: it need not share. */
async function leadershipOf(
  { source, destinations }: Configuration,
  options: RunOptions,
  context: Context,
): Promise<Leadership | null> {
  const { leaseNamespace: namespace } = options;
  if (namespace === undefined) return null;
  if (source.kind === 'files')
    throw mustAct('InputInvalid', '--lease-namespace: Leases are in a cluster; expected source.kubernetes');
  const client = await connectToCluster(clusterChoice(source, options), context.environment);
  const end = new AbortController();
  context.signal.addEventListener('abort', () => void setTimeout(() => end.abort(), LAST_CALL_MS).unref());
  const places = destinations.map(({ url, branch, root }) => `${url}\0${branch}\0${root}`);
  return new Leadership({
    store: leaseStore(client, namespace, end.signal),
    // In one order, or two would wait for each other.
    names: [...new Set(places)].map((place) => `dso-gitops-${shortHash(place)}`).sort(),
    identity: `${context.environment['POD_NAME'] ?? hostname()}_${randomUUID()}`,
    now: context.now,
    clock: () => performance.now(),
  });
}
