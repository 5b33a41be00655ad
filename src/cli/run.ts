import { type Command, InvalidArgumentError, Option } from 'commander';
import { describeFailure, runLoop } from '../reconcile/loop.ts';
import { Health, serveHealth } from '../service/health.ts';
import { jsonLog, textLog } from '../service/log.ts';
import { TransitionLog } from '../service/transition-log.ts';
import { WriteLog } from '../service/write-log.ts';
import { HUB } from '../sources/hub.ts';
import { StatusWriter, type StatusWriterOptions } from '../status/status-writer.ts';
import { connect } from './connect.ts';
import type { Context } from './context.ts';
import type { ClusterOptions } from './open-hub.ts';
import { requireConfiguration, withClusterOptions } from './options.ts';

/** How long a push or a status that is under way may take after the signal to end. */
const GRACE_MS = 4000;
/** Before a status that was refused is looked at again. */
const LOOK_AGAIN_MS = 2000;

interface RunOptions extends ClusterOptions {
  readonly config: string;
  readonly logFormat: string;
  readonly healthPort?: number;
}

/** `run`: stays, watches the hub and commits what changes. */
export function addRun(program: Command, context: Context): void {
  const command = program
    .command('run')
    .description('stay, watch the hub and commit what changes; ends cleanly on SIGTERM')
    .option('-c, --config <file>', 'configuration file', 'dso-gitops.yaml')
    .addOption(new Option('--log-format <format>', 'how to log').choices(['text', 'json']).default('text'))
    .option('--health-port <port>', 'answer /livez and /readyz on this port', parsePort)
    .addHelpText('after', EXAMPLES)
    .action(async (options: RunOptions) => {
      await run(options, context);
    });
  withClusterOptions(command);
}

async function run(options: RunOptions, context: Context): Promise<void> {
  const hard = new AbortController();
  context.signal.addEventListener('abort', () => setTimeout(() => hard.abort(), GRACE_MS).unref(), { once: true });
  const log = options.logFormat === 'json' ? jsonLog(context.stdout) : textLog(context.stdout, context.now);
  const path = await requireConfiguration(options.config, context);
  const { open, engine } = await connect(path, options, false, { ...context, signal: hard.signal });
  // That the clock is set is no sign of anything that hangs.
  const health = new Health(() => performance.now());
  const server = options.healthPort === undefined ? null : await serveHealth(health, options.healthPort);
  const transitions = new TransitionLog();
  const writes = new WriteLog();
  const onWrite: StatusWriterOptions['onWrite'] = (key, what, error) => {
    for (const entry of writes.of(key, what, error)) log(entry);
  };
  let changed = (): void => undefined;
  const onRefused = (): void => void setTimeout(() => changed(), LOOK_AGAIN_MS).unref();
  const writer = open.statusApi
    ? new StatusWriter({ api: open.statusApi, now: context.now, onWrite, onRefused })
    : null;
  log({ level: 'info', message: 'watching', fields: { hub: open.what }, text: `watching ${open.what}` });
  try {
    await runLoop({
      engine,
      open: {
        watch: (call) => {
          changed = call;
          return open.watch(call);
        },
        close: () => open.close(),
      },
      now: context.now,
      onTick: (result) => {
        health.beat(result.problems.find(({ where }) => where === HUB)?.message ?? null);
        for (const entry of transitions.of(result)) log(entry);
        writer?.offer(result);
      },
      onError: (error) => {
        health.beat(describeFailure(error));
        for (const entry of transitions.ofFailure(describeFailure(error))) log(entry);
      },
      onSave: (error) => {
        for (const entry of transitions.ofSaving(error === null ? '' : describeFailure(error))) log(entry);
      },
      stop: context.signal,
      abort: hard.signal,
    });
  } finally {
    await writer?.flush();
    await server?.close();
  }
  log({ level: 'info', message: 'ended', fields: {}, text: 'ended' });
}

function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError('expected a port from 0 to 65535');
  return port;
}

const EXAMPLES = `
Examples:
  dso-gitops run
  dso-gitops run -c /etc/dso-gitops/dso-gitops.yaml --log-format json --health-port 9440
  dso-gitops run --kubeconfig ~/.kube/config --context hub
`;
