import { type Command, Option } from 'commander';
import { customResourceDefinition } from '../api/crd.ts';
import type { Context } from './context.ts';
import { renderData } from './print-report.ts';

/** `crd`: the CustomResourceDefinition, for kubectl. */
export function addCrd(program: Command, context: Context): void {
  program
    .command('crd')
    .description('print the CustomResourceDefinition of DistributedScaledObject')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['yaml', 'json']).default('yaml'))
    .addHelpText('after', EXAMPLES)
    .action(({ output }: { readonly output: 'yaml' | 'json' }) => {
      context.stdout(renderData(customResourceDefinition(), output));
    });
}

const EXAMPLES = `
Examples:
  dso-gitops crd | kubectl apply --server-side -f -    install or update it
  dso-gitops crd | kubectl diff --server-side -f -     what would change in the cluster
  dso-gitops crd -o json > crd.json                    as JSON
`;
