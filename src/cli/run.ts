import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Context } from './context.ts';
import { withClusterOptions } from './options.ts';
import type { RunOptions } from './run-service.ts';

/** `run`: stays, watches the hub and commits what changes. */
export function addRun(program: Command, context: Context): void {
  const command = program
    .command('run')
    .description('stay, watch the hub and commit what changes; ends cleanly on SIGTERM')
    .option('-c, --config <file>', 'configuration file', 'dso-gitops.yaml')
    .addOption(new Option('--log-format <format>', 'how to log').choices(['text', 'json']).default('text'))
    .option('--health-port <port>', 'answer /livez, /readyz and /metrics on this port', parsePort)
    .option('--lease-namespace <namespace>', 'one of several: work only while holding the Leases in this namespace')
    .addHelpText('after', EXAMPLES)
    .action(async (options: RunOptions) => {
      // What only a service needs is not loaded by every other command.
      const { run } = await import('./run-service.ts');
      await run(options, context);
    });
  withClusterOptions(command);
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
  dso-gitops run --lease-namespace dso-gitops
`;
