import { randomUUID } from 'node:crypto';
import { join, posix, relative, resolve } from 'node:path';
import * as core from '@actions/core';
import { connectToGit, forges } from '../cli/connect.ts';
import type { Context } from '../cli/context.ts';
import { requireConfiguration } from '../cli/options.ts';
import { leftOutLines } from '../cli/read-each.ts';
import { endApply, tickOnce } from '../cli/tick-once.ts';
import { verifyAll } from '../cli/verify-all.ts';
import { asProductError, mustAct } from '../errors.ts';
import { counted } from '../manifests/counted.ts';
import { codeSpan } from '../proposal/code-span.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import { isFailed, type Report, reportOf } from '../reconcile/report.ts';
import {
  annotateFailure,
  annotateFindings,
  annotateProblems,
  annotateReadings,
  annotateUndelivered,
} from './annotations.ts';
import { overBounds } from './bounds.ts';
import { baseOf, isShallow, ofCheckout } from './checkout.ts';
import { shallowCheckout } from './hints.ts';
import { type Inputs, readInputs } from './inputs.ts';
import { findingsTable, summaryOf } from './summary.ts';
import { readWorkflowRun, type WorkflowRun } from './workflow-run.ts';

/** Variable that the token of the run is kept in; no configuration can name it. */
const TOKEN = `TOKEN_${randomUUID().replaceAll('-', '_')}`;
/** The outputs of a job hold a mebibyte of UTF-16 together. */
const MAX_OUTPUT = 450_000;

const NO_WORKFLOW =
  'a commit that GITHUB_TOKEN pushes starts no other workflow; where one is needed, pass the token of an App (see docs/use-github.md)';

/** One run of the action: what it reads comes from the runner, and so does where it tells. Never rejects. */
export async function runAction(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  let file = '.';
  try {
    if (process.platform === 'win32')
      throw mustAct('PlatformNotSupported', 'this action runs on Linux and macOS; choose such a runner with runs-on');
    const inputs = readInputs();
    const run = await readWorkflowRun(environment);
    const directory = resolve(run.workspace, inputs.workingDirectory);
    file = relative(run.workspace, resolve(directory, inputs.config));
    await new Action(inputs, run, file, contextOf(inputs, run, directory, environment, signal)).run();
  } catch (thrown) {
    annotateFailure(asProductError(thrown), file);
  }
}

function contextOf(
  { token }: Inputs,
  { serverUrl, apiUrl }: WorkflowRun,
  directory: string,
  parent: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Context {
  const cache = parent['RUNNER_TEMP'] ? { DSO_GITOPS_CACHE: join(parent['RUNNER_TEMP'], 'dso-gitops') } : {};
  // What the workflow gives to this step is nobody else's to name.
  const given = Object.entries(parent).filter(([name]) => !name.startsWith('INPUT_'));
  const environment: NodeJS.ProcessEnv = { ...cache, ...Object.fromEntries(given), NO_COLOR: '1', [TOKEN]: token };
  const isSet = (name: string): boolean => Boolean(environment[name]);
  return {
    stdout: (text) => void process.stdout.write(plainLog(text)),
    stderr: (text) => void process.stderr.write(plainLog(text)),
    environment,
    directory,
    now: () => Date.now(),
    signal,
    columns: null,
    mask: core.setSecret,
    ...(token === '' ? {} : { token: { origin: serverUrl, apiUrl, environment: TOKEN, isSet } }),
  };
}

class Action {
  readonly #inputs: Inputs;
  readonly #run: WorkflowRun;
  /** The configuration, in the checkout. */
  readonly #file: string;
  readonly #context: Context;

  constructor(inputs: Inputs, run: WorkflowRun, file: string, context: Context) {
    this.#inputs = inputs;
    this.#run = run;
    this.#file = file;
    this.#context = context;
  }

  async run(): Promise<void> {
    const { command, isDryRun } = this.#inputs;
    if (command === 'verify') return this.#verify();
    return command === 'plan' || isDryRun ? this.#plan() : this.#apply();
  }

  async #plan(): Promise<void> {
    const { result } = await this.#tick('plan').catch(async (thrown: unknown) => {
      // What an earlier commit would have done is not what this one would do.
      const text = `### Nothing can be planned\n\n${codeSpan(asProductError(thrown).message)}`;
      await this.#comment(text).catch(() => undefined);
      throw thrown;
    });
    const report = reportOf(result);
    const summary = await this.#tell(result, report, true);
    annotateReadings(report);
    const over = overBounds(report, this.#inputs.failOn);
    for (const one of over) core.error(one);
    if (annotateUndelivered(report) + over.length > 0) process.exitCode = 1;
    await this.#comment(summary);
  }

  async #apply(): Promise<void> {
    const ticked = await this.#tick('apply');
    const { result } = ticked;
    const report = reportOf(result);
    await endApply(ticked, this.#context);
    await this.#tell(result, report, false);
    if (report.destinations.some(({ commit }) => commit !== null)) core.info(NO_WORKFLOW);
    if (!isFailed(result)) return;
    for (const { key, reason, message } of report.dsos) if (reason !== '') core.warning(`${key} ${reason}: ${message}`);
    annotateReadings(report);
    annotateUndelivered(report);
    process.exitCode = 1;
  }

  #tick(mode: 'plan' | 'apply'): ReturnType<typeof tickOnce> {
    const { config, metrics } = this.#inputs;
    return tickOnce(mode, undefined, { config, setMetric: metrics }, mode === 'plan', this.#context);
  }

  /** @returns what the summary of the job says */
  async #tell(result: TickResult, report: Report, isPlan: boolean): Promise<string> {
    annotateProblems(result, posix.dirname(this.#file));
    setOutputs(report, isPlan);
    const summary = summaryOf(report, isPlan);
    core.info(plainLog(summary));
    await core.summary.addRaw(`${summary}\n`).write();
    return summary;
  }

  /** A plan of a pull request is said there, by who may: the summary has it in any case. */
  async #comment(summary: string): Promise<void> {
    const { pullRequest, repository, apiUrl } = this.#run;
    const { token } = this.#inputs;
    if (!pullRequest || token === '') return;
    if (pullRequest.isReadOnly) {
      core.notice(
        'runs for this pull request may not comment, as it comes from a fork or from Dependabot: the plan is in the summary of the job',
      );
      return;
    }
    const access = { token: { environment: TOKEN, file: null } };
    const github = { apiUrl, access, route: { caFile: null, proxy: null }, isPaced: false };
    const forge = await forges(this.#context)({ github, repository, isForGit: false, setsStatus: false });
    await forge.say(
      pullRequest.number,
      `<!-- dso-gitops plan ${JSON.stringify(this.#file).replaceAll('--', '- -')} -->`,
      summary,
    );
  }

  async #verify(): Promise<void> {
    const { config } = this.#inputs;
    const { pullRequest } = this.#run;
    const path = await requireConfiguration(config, this.#context);
    if (pullRequest && (await isShallow(this.#run.workspace))) throw shallowCheckout();
    const connected = await connectToGit(path, this.#context, (configuration) => {
      return pullRequest ? ofCheckout(configuration, this.#run, pullRequest) : configuration;
    });
    const since = pullRequest && (await baseOf(this.#run.workspace, pullRequest, this.#context));
    const verification = await verifyAll(connected, since ? [since] : []);
    const { findings, recomputed, notRecomputed, leftOut } = verification;
    const checked = `${counted(recomputed, 'decision')} computed again, ${notRecomputed} of other rules not, ${counted(findings.length, 'finding')}`;
    const said = [checked, ...leftOutLines(leftOut)].join('\n\n');
    core.info(said);
    const table = findings.length > 0 ? `\n\n${findingsTable(findings)}` : '';
    await core.summary.addRaw(`### Verification\n\n${said}${table}\n`).write();
    await annotateFindings(findings, since, this.#run, this.#context);
    core.setOutput('changed', 'false');
    if (findings.length > 0 || leftOut.length > 0) process.exitCode = 1;
  }
}

function setOutputs(report: Report, isPlan: boolean): void {
  const { destinations, proposals, dsos } = report;
  const commits = destinations.flatMap(({ commit }) => commit ?? []);
  const steps = proposals.filter(({ step, error }) => error === null && ['create', 'rebuild', 'close'].includes(step));
  const isWritten = isPlan ? destinations.some(({ files }) => files.length > 0) : commits.length > 0;
  const pull = proposals.map(({ pullRequest }) => pullRequest).find((one) => one?.state === 'open');
  const total = dsos.reduce((sum, one) => sum + (one.total.decided ?? 0), 0);
  const json = JSON.stringify(report);
  core.setOutput('changed', String(isWritten || steps.length > 0));
  core.setOutput('commit', commits[0] ?? '');
  core.setOutput('pull-request-number', pull?.number ?? '');
  core.setOutput('pull-request-url', pull?.url ?? '');
  core.setOutput('total', String(total));
  const short = json.length <= MAX_OUTPUT ? json : JSON.stringify(withoutFiles(report));
  core.setOutput('plan-json', short.length <= MAX_OUTPUT ? short : '');
}

/** What objects and hosts say must not be a command of the runner, in its new form or its old one. */
function plainLog(text: string): string {
  return text.replaceAll('##[', '# #[').replaceAll(/^(\s*)::/gm, '$1: :');
}

/** Texts of files are most of it. */
function withoutFiles(report: Report): Report {
  return { ...report, destinations: report.destinations.map((one) => ({ ...one, files: [] })) };
}
