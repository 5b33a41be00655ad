import type { Command } from 'commander';
import { simulate } from '../simulate/simulate.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { collect, MEMBER_FORM } from './member-option.ts';
import { withOutput } from './options.ts';
import {
  renderSimulationCsv,
  renderSimulationJson,
  renderSimulationTable,
  SIMULATE_FORMATS,
} from './print-simulation.ts';
import { readSimulateInput, type SimulateSource } from './simulate-input.ts';
import { type SimulateReport, simulateReport } from './simulate-report.ts';

interface SimulateOptions extends SimulateSource {
  readonly output: string;
  readonly all?: boolean;
}

/** `simulate`: the pipeline of `run` in virtual time, over a recorded series. */
export function addSimulate(program: Command, context: Context, done: (code: ExitCode) => void): void {
  const command = program
    .command('simulate')
    .description('rehearse a DistributedScaledObject on a recorded series of its triggers')
    .option('--file <file>', 'YAML with the DistributedScaledObject')
    .option('--series <file>', 'CSV: time (seconds or RFC 3339) and one column per trigger')
    .option('--dso <namespace/name>', 'which one, where the file holds several')
    .option('--initial-total <replicas>', 'what runs before the first sample (default: the annotation, or 0)')
    .option('--member <member>', `${MEMBER_FORM}; where the object has no memberClusters`, collect)
    .option('-c, --config <file>', 'configuration to take rampUp and tolerance from')
    .option('--all', 'show every moment in the table')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SimulateOptions) => {
      const input = await readSimulateInput(options, context);
      for (const note of input.notes) context.stderr(`${note}\n`);
      const { dso, members, initialTotal, series } = input;
      const result = simulate({ key: dso.key, demand: dso.demand, members, initialTotal, samples: series.samples });
      context.stdout(render(simulateReport(input, result), options, context.columns ?? 80));
      if (input.hasProblems) done(EXIT.failed);
    });
  withOutput(command, SIMULATE_FORMATS);
}

function render(report: SimulateReport, { output, all = false }: SimulateOptions, columns: number): string {
  if (output === 'json') return renderSimulationJson(report);
  if (output === 'csv') return renderSimulationCsv(report);
  return renderSimulationTable(report, columns, all);
}

const EXAMPLES = `
The series is a CSV with a header; a cell that is no number is a missing reading:
  time,metric-value
  0,0
  15,20
  30,abc

Examples:
  dso-gitops simulate --file dso.yaml --series load.csv
  dso-gitops simulate --file hub.yaml --dso shop/web --series week.csv --initial-total 12
  dso-gitops simulate --file dso.yaml --series load.csv --member member-1=4 --member member-2=6
  dso-gitops simulate --file dso.yaml --series load.csv -o csv > moments.csv
`;
