import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { BareRepository } from '../repository/bare-repository.ts';
import type { ApiServer, User } from './control-plane.ts';
import { freePort, Running, until } from './process.ts';

const MAIN = fileURLToPath(new URL('../../build/cli/main.js', import.meta.url));
const exec = promisify(execFile);

/** What is different from the guide's configuration. */
export interface ServiceOptions {
  readonly user?: User;
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Kubeconfig in place of the user's own. */
  readonly kubeconfig?: string;
  /** More of the command line. */
  readonly args?: readonly string[];
  /** Where its repository is; absent: it has one of its own. */
  readonly fleet?: BareRepository;
}

/** One line of the service's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [key: string]: unknown;
}

/** What a command came to. */
export interface Ended {
  readonly code: number;
  readonly out: string;
}

/** The product as a user runs it beside a hub: a configuration, a bare repository, and `dso-gitops run`. */
export class Service {
  readonly directory: string;
  readonly fleet: BareRepository;
  readonly #hub: ApiServer;
  readonly #options: ServiceOptions;
  #process: Running | null = null;
  #healthPort = 0;
  #starts = 0;

  constructor(hub: ApiServer, options: ServiceOptions = {}, directory: string = hub.path('service')) {
    this.#hub = hub;
    this.#options = options;
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    this.fleet = options.fleet ?? BareRepository.make(join(directory, 'fleet.git'), { 'README.md': 'fleet\n' });
    const configuration = {
      apiVersion: 'dso-gitops.dev/v1alpha1',
      kind: 'Configuration',
      source: { kubernetes: {} },
      members: ['member-1', 'member-2'],
      destinations: [{ repository: this.fleet.directory, pacing: { minInterval: '0s' } }],
      // Nothing runs in the members yet; not to be set where workloads run.
      firstSight: 'write',
      ...options.configuration,
    };
    writeFileSync(join(directory, 'dso-gitops.yaml'), stringify(configuration));
  }

  async start(): Promise<void> {
    this.#healthPort = await freePort();
    this.#starts += 1;
    const own = this.#options.args ?? [];
    const args = ['run', '--log-format', 'json', '--health-port', String(this.#healthPort), ...own];
    const cluster = ['--kubeconfig', this.#options.kubeconfig ?? this.#hub.kubeconfig(this.#options.user)];
    this.#process = new Running(process.execPath, [MAIN, ...args, ...cluster], this.logFile, {
      cwd: this.directory,
      env: { DSO_GITOPS_CACHE: join(this.directory, 'cache'), ...this.#options.env },
    });
    await until('/livez', async () => ((await this.probe('/livez')).status === 200 ? true : null));
  }

  /** The log of this start. */
  get logFile(): string {
    return join(this.directory, `service-${this.#starts}.log`);
  }

  async probe(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.#healthPort}${path}`);
    return { status: answer.status, text: await answer.text() };
  }

  async ready(): Promise<void> {
    await until('/readyz', async () => ((await this.probe('/readyz')).status === 200 ? true : null));
  }

  /** A signal that does not end it. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }

  /** Ends it; resolves with its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return (await this.#process?.stop(signal)) ?? null;
  }

  log(): readonly LogLine[] {
    const lines = readFileSync(this.logFile, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** The first line of the log that a text occurs in. */
  async logged(text: string, timeoutMs = 20_000): Promise<LogLine> {
    return until(
      `log line with ${text}`,
      async () => {
        return this.log().find((line) => JSON.stringify(line).includes(text)) ?? null;
      },
      timeoutMs,
    );
  }

  /** The command line beside the service, with the same configuration. */
  async cli(args: readonly string[], user?: User): Promise<Ended> {
    return this.gitCli([...args, '--kubeconfig', this.#hub.kubeconfig(user)]);
  }

  /** A command that needs no hub. */
  async gitCli(args: readonly string[]): Promise<Ended> {
    const env = { ...process.env, DSO_GITOPS_CACHE: join(this.directory, 'cli-cache') };
    try {
      const { stdout } = await exec(process.execPath, [MAIN, ...args], { cwd: this.directory, env });
      return { code: 0, out: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: `${stdout}${stderr}` };
    }
  }

  /** Committed counts by member; null: no overlay, or one without a count. */
  counts(name = 'dso-demo', namespace = 'default', members = ['member-1', 'member-2']): readonly (number | null)[] {
    return members.map((member) => {
      const text = this.fleet.read(`scaling/members/${member}/${namespace}/${name}/kustomization.yaml`);
      const value = /value: (\d+)/.exec(text ?? '')?.[1];
      return value === undefined ? null : Number(value);
    });
  }

  async committed(expected: readonly (number | null)[], name = 'dso-demo', timeoutMs = 20_000): Promise<void> {
    await until(
      `${name} at ${JSON.stringify(expected)}, is at ${JSON.stringify(this.counts(name))}`,
      async () => (JSON.stringify(this.counts(name)) === JSON.stringify(expected) ? true : null),
      timeoutMs,
      25,
    );
  }
}
