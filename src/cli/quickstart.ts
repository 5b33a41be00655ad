import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ansis } from 'ansis';
import type { Command } from 'commander';
import { loadConfiguration } from '../config/load.ts';
import { type Demo, makeDemo, setMetric } from '../quickstart/make-demo.ts';
import type { Engine } from '../reconcile/engine.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import { reportOf } from '../reconcile/report.ts';
import { engineOf } from './connect.ts';
import type { Context, ExitCode } from './context.ts';
import { openHub } from './open-hub.ts';
import { colorOf } from './options.ts';
import { type PrintOptions, renderDestination, renderDso } from './print-report.ts';

const VALUES = ['0', '20', '37', '1000', 'abc', '0'];
const STEP_MS = 30_000;
const SIMULATED_MS = 900_000;

/** `quickstart`: the guide's scenario on files and a local repository, in simulated time. */
export function addQuickstart(program: Command, context: Context, _done: (code: ExitCode) => void): void {
  program
    .command('quickstart')
    .description('see the whole way on a temporary hub and a local repository; no cluster, no account')
    .addHelpText('after', '\nExamples:\n  dso-gitops quickstart\n  dso-gitops quickstart > quickstart.txt\n')
    .action(async () => {
      await quickstart(context);
    });
}

async function quickstart(context: Context): Promise<void> {
  // In the past, so that what is simulated is over now and the demo can be gone on with.
  const start = context.now() - SIMULATED_MS;
  const directory = await mkdtemp(join(tmpdir(), 'dso-gitops-'));
  const demo = await makeDemo(directory, start, context.signal);
  const environment = { ...context.environment, DSO_GITOPS_CACHE: join(directory, 'cache') };
  const configuration = await loadConfiguration(demo.configFile);
  const { hub } = await openHub(configuration, {}, true, context);
  const engine = await engineOf(configuration, hub, { ...context, environment });
  const color = colorOf(context, process.stdout.isTTY);
  const options: PrintOptions = { format: 'table', color, columns: context.columns, isDiffed: true };
  context.stdout(intro(demo, color));
  let now = start;
  let commits = 0;
  let deadline = Number.POSITIVE_INFINITY;
  const show = (result: TickResult, title: string): void => {
    commits += result.destinations.filter(({ commit }) => commit !== null).length;
    deadline = result.deadline;
    context.stdout(renderStep(result, title, options));
  };
  for (const value of VALUES) {
    await setMetric(demo, value);
    show(await tick(engine, now, context), `${clock(now - start)}  metric-value is set to ${JSON.stringify(value)}`);
    now += STEP_MS;
  }
  while (Number.isFinite(deadline)) {
    now = deadline;
    show(await tick(engine, now, context), `${clock(now - start)}  the cooldown is over (simulated time)`);
  }
  await engine.saveStates(now);
  context.stdout(outro(demo, commits, color));
}

function tick(engine: Engine, now: number, context: Context): Promise<TickResult> {
  return engine.tick({ mode: 'apply', now, isDiffed: true, signal: context.signal });
}

function renderStep(result: TickResult, title: string, options: PrintOptions): string {
  const { color } = options;
  const report = reportOf(result);
  const parts = [color.bold.cyan(`--- ${title}`), ...report.dsos.map((dso) => renderDso(dso, options))];
  for (const destination of report.destinations)
    parts.push(renderDestination({ ...destination, repository: 'fleet.git' }, options));
  if (report.destinations.length === 0) parts.push(color.dim('no commit'));
  return `\n${parts.join('\n')}\n`;
}

function intro(demo: Demo, color: Ansis): string {
  return `${color.bold('dso-gitops quickstart')}: one workload on two clusters with weights 4 and 6,
one replica for every 5 of the metric. Time is simulated.
  hub (files)      ${demo.directory}/hub
  repository       ${demo.repository}
`;
}

function outro(demo: Demo, commits: number, color: Ansis): string {
  return `
${color.bold('Done')}: ${VALUES.length} values became ${commits} commits; "abc" changed nothing. No cluster was touched.

Look at what was written, and why:
  cd ${demo.directory}
  git -C fleet.git log --stat
  git -C fleet.git show main:scaling/decisions/default/dso-demo.yaml
Go on from the checkout: edit hub/configmap.yaml there, then
  npx dso-gitops plan -c ${demo.configFile}
  npx dso-gitops apply -c ${demo.configFile}
  npx dso-gitops explain default/dso-demo -c ${demo.configFile}
Your own repository: copy dso-gitops.yaml from there and adapt it.
`;
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
