import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../docs/pages.ts';
import { TOKEN } from '../../forge/forge-site.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';
import { NODE_24 } from './node-24.ts';

/** What the workflow and the runner give to one run. */
export interface RunGiven {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  /** Where Git and people find the host. */
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly eventName?: string;
  readonly event?: object;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with the process when it has begun. */
  readonly started?: (child: ChildProcess) => void;
}

/** What became of it. */
export interface RunEnded {
  /** null: a signal ended it. */
  readonly code: number | null;
  /** What the log of the job has, commands included. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly annotations: readonly Annotation[];
}

/** One annotation of a run. */
export interface Annotation {
  readonly level: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
}

const Manifest: { inputs: Record<string, { default?: string }>; runs: { main: string } } = parse(
  readFileSync(join(ROOT, 'action.yml'), 'utf8'),
);

/** Runs the bundle as the runner does: what it is given is in the environment and in files, and so is what it gives. */
export async function runBundle(given: RunGiven): Promise<RunEnded> {
  const directory = temporaryDirectory();
  const file = (name: string, text = ''): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const [output, summary] = [file('output'), file('summary')];
  const defaults = Object.entries(Manifest.inputs).map(([name, { default: value = '' }]) => {
    return [name, value.replace(/^\$\{\{ github\.token \}\}$/, TOKEN)] as const;
  });
  const inputs = Object.fromEntries(
    Object.entries({ ...Object.fromEntries(defaults), ...given.inputs }).map(([name, value]) => {
      return [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value];
    }),
  );
  const child = spawn(NODE_24, [join(ROOT, Manifest.runs.main)], {
    cwd: given.workspace,
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      RUNNER_TEMP: directory,
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: given.workspace,
      GITHUB_REPOSITORY: 'acme/fleet',
      GITHUB_SERVER_URL: given.serverUrl,
      GITHUB_API_URL: given.apiUrl,
      GITHUB_EVENT_NAME: given.eventName ?? 'schedule',
      GITHUB_EVENT_PATH: file('event.json', JSON.stringify(given.event ?? {})),
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      ...inputs,
      ...given.environment,
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  given.started?.(child);
  const parts: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => parts.push(part.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const log = parts.join('');
  return {
    code,
    log,
    outputs: outputsOf(readFileSync(output, 'utf8')),
    summary: readFileSync(summary, 'utf8'),
    annotations: annotationsOf(log),
  };
}

/** `name<<delimiter`, the value, and the delimiter again. */
function outputsOf(text: string): Readonly<Record<string, string>> {
  const found = text.matchAll(/^([^<\n]+)<<(\S+)\n([\s\S]*?)\n\2$/gm);
  return Object.fromEntries([...found].map(([, name = '', , value = '']) => [name, value]));
}

function annotationsOf(log: string): readonly Annotation[] {
  return [...log.matchAll(/^::(error|warning|notice)(?: ([^:\n]*))?::(.*)$/gm)].map(
    ([, level = '', given = '', message = '']) => {
      const properties = new Map(given.split(',').map((one) => [one.split('=')[0] ?? '', one.split('=')[1] ?? '']));
      const line = properties.get('line');
      return {
        level,
        file: properties.get('file') ?? null,
        line: line === undefined ? null : Number(line),
        message: decodeURIComponent(message.replaceAll(/%(?!25|0D|0A)/g, '%25')),
      };
    },
  );
}
