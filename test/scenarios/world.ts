import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineOf } from '../../src/cli/connect.ts';
import type { Context } from '../../src/cli/context.ts';
import { openHub } from '../../src/cli/open-hub.ts';
import { runProgram } from '../../src/cli/program.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { parseOverlay } from '../../src/manifests/layout.ts';
import { type DecisionRecord, parseRecord } from '../../src/manifests/record.ts';
import type { Engine, TickOptions } from '../../src/reconcile/engine.ts';
import type { TickResult } from '../../src/reconcile/outcome.ts';
import type { Patience } from '../../src/reconcile/patience.ts';
import { BareRepository, type Entry } from '../repository/bare-repository.ts';
import { wrapGit } from '../repository/git-wrapper.ts';
import { temporaryDirectory } from '../repository/temporary-directory.ts';

/** A DSO in few words; its ConfigMap is called as it is. */
export interface DsoGiven {
  readonly name: string;
  /** `spec.totalTargetReplicas`. */
  readonly total?: number;
  readonly namespace?: string;
  /** weight by member. */
  readonly members?: Readonly<Record<string, number>>;
  readonly target?: { readonly kind?: string; readonly apiVersion?: string; readonly name: string };
  readonly targetNamespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly max?: number;
  /** As the HPA has it. */
  readonly behavior?: object;
}

/** Home has member one, a second repository member two. */
export const TWO_REPOSITORIES = {
  destinations: [
    { repository: 'fleet.git', match: { members: ['one'] } },
    { repository: 'second.git', match: { members: ['two'] } },
  ],
};

/** A hub of files, bare repositories, and the product between them. */
export class World {
  readonly directory = temporaryDirectory();
  readonly home: BareRepository;
  /** Epoch milliseconds; a test moves it. */
  now = Date.UTC(2026, 0, 1);
  readonly environment: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    NO_COLOR: '1',
    DSO_GITOPS_CACHE: join(this.directory, 'cache'),
  };
  #engine: Engine | null = null;

  /**
   * @param configuration what differs from the default, as top-level keys of the file
   * @param home files of a repository that is made, or one that is there
   */
  constructor(
    configuration: Readonly<Record<string, unknown>> = {},
    home: Readonly<Record<string, Entry>> | BareRepository = { 'base/app.yaml': 'x\n' },
  ) {
    this.home = home instanceof BareRepository ? home : this.repository('fleet.git', home);
    mkdirSync(join(this.directory, 'hub'));
    this.configure(configuration);
  }

  repository(name: string, files: Readonly<Record<string, Entry>> | null = { 'base/app.yaml': 'x\n' }): BareRepository {
    return BareRepository.make(join(this.directory, name), files);
  }

  configure(configuration: Readonly<Record<string, unknown>>): void {
    const file = {
      apiVersion: 'dso-gitops.dev/v1alpha1',
      kind: 'Configuration',
      source: { files: ['hub'] },
      members: ['one', 'two'],
      destinations: [{ repository: 'fleet.git' }],
      firstSight: 'write',
      ...configuration,
    };
    writeFileSync(join(this.directory, 'dso-gitops.yaml'), JSON.stringify(file, null, 2));
    this.#engine = null;
  }

  /** Into place at once: who reads meanwhile sees the old one or the new one. */
  write(file: string, text: string): void {
    const temporary = join(this.directory, 'being-written');
    writeFileSync(temporary, text);
    renameSync(temporary, join(this.directory, 'hub', file));
  }

  remove(file: string): void {
    rmSync(join(this.directory, 'hub', file), { force: true });
  }

  dso(given: DsoGiven): void {
    this.write(`${given.namespace ?? 'default'}.${given.name}.yaml`, JSON.stringify(manifestOf(given), null, 2));
  }

  metric(name: string, value: string | number, namespace = 'default'): void {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { value: String(value) },
    };
    this.write(`${namespace}.${name}.metric.yaml`, JSON.stringify(object));
  }

  /** The process ends and starts again: only what is on disk is left. */
  restart(): void {
    this.#engine = null;
  }

  /** Saves what no commit carried, as a process that ends does. */
  async save(patience?: Patience): Promise<void> {
    await this.#engine?.saveStates(this.now, patience);
  }

  /** The engine as a process that starts now has it. */
  async engine(signal = new AbortController().signal): Promise<Engine> {
    const configuration = await loadConfiguration(join(this.directory, 'dso-gitops.yaml'));
    const { hub } = await openHub(configuration, {}, true, this.#context());
    return engineOf(configuration, hub, { ...this.#context(), signal });
  }

  async tick(options: Partial<TickOptions> = {}): Promise<TickResult> {
    this.#engine ??= await this.engine();
    const result = await this.#engine.tick({
      mode: 'apply',
      now: this.now,
      signal: new AbortController().signal,
      ...options,
    });
    this.now += 15_000;
    return result;
  }

  /** Evaluates as a process that stays does: tips are learnt when that is due, pushes are paced, remotes waited for a while. */
  async stay(options: Partial<TickOptions> = {}): Promise<TickResult> {
    return this.tick({ background: { ms: 5000, resume: () => undefined }, ...options });
  }

  /** What one moment comes to in a process that stays, when all has ended that is under way; time stands still. */
  async moment(ms = 5000): Promise<TickResult> {
    const { now } = this;
    for (let round = 0; round < 50; round += 1) {
      let resume = (): void => undefined;
      const answered = new Promise<void>((resolve) => {
        resume = resolve;
      });
      const result = await this.stay({ now, background: { ms, resume } });
      this.now = now;
      const reasons = new Set<string | undefined>([
        ...result.destinations.map(({ waiting }) => waiting?.reason),
        ...result.outcomes.map(({ verdict }) => (verdict.kind === 'wait' ? verdict.reason : undefined)),
      ]);
      if (['Fetching', 'Pushing', 'ReadingHistory', 'SavingState'].some((reason) => reasons.has(reason)))
        await answered;
      else if (!reasons.has('NextPush')) return result;
    }
    throw new Error('it comes to no end');
  }

  /**
   * Somebody commits to a repository at the moment of the next push.
   *
   * @param how.also a script for the same moment
   * @returns tells whether that moment has come
   */
  race(
    repository: BareRepository,
    files: Readonly<Record<string, Entry>>,
    { also = '', branch = 'main', author = 'somebody' } = {},
  ): () => boolean {
    const directory = join(this.directory, `race-${Math.random()}`);
    mkdirSync(directory);
    repository.git('branch', 'race', branch);
    const tip = repository.commit(files, 'race', undefined, author);
    const script = `git --git-dir='${repository.directory}' update-ref refs/heads/${branch} ${tip}\n${also}`;
    this.environment['PATH'] = wrapGit(directory, { word: 'push', script }).path;
    return () => existsSync(join(directory, 'done'));
  }

  /** The command line, as a process of its own would. */
  async run(
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    const [out, err]: string[][] = [[], []];
    const code = await runProgram(args, {
      ...this.#context(),
      stdout: (text) => out?.push(text),
      stderr: (text) => err?.push(text),
    });
    this.now += 15_000;
    return { code, out: out?.join('') ?? '', err: err?.join('') ?? '' };
  }

  #context(): Context {
    return {
      stdout: () => undefined,
      stderr: () => undefined,
      environment: this.environment,
      directory: this.directory,
      now: () => this.now,
      signal: new AbortController().signal,
      columns: 80,
    };
  }
}

/** Two DSOs, `a` and `b`, that were decided twice and are at 10 and 10 replicas. */
export async function scaledTwice(): Promise<World> {
  const world = new World();
  for (const name of ['a', 'b']) {
    world.dso({ name });
    world.metric(name, 20);
  }
  await world.tick();
  for (const name of ['a', 'b']) world.metric(name, 100);
  await world.tick();
  return world;
}

export function manifestOf({
  name,
  namespace = 'default',
  members = { one: 1, two: 1 },
  target,
  targetNamespace,
  annotations = {},
  max = 100,
  behavior,
  total,
}: DsoGiven): object {
  const place = targetNamespace === undefined ? {} : { targetNamespace };
  return {
    apiVersion: 'keda.kedify.io/v1alpha1',
    kind: 'DistributedScaledObject',
    metadata: { name, namespace, annotations },
    spec: {
      ...(total !== undefined && { totalTargetReplicas: total }),
      memberClusters: Object.entries(members).map(([member, weight]) => ({ name: member, weight, ...place })),
      scaledObjectSpec: {
        scaleTargetRef: { kind: 'Deployment', name: `${name}-app`, ...target },
        minReplicaCount: 0,
        maxReplicaCount: max,
        ...(behavior && { advanced: { horizontalPodAutoscalerConfig: { behavior } } }),
        triggers: [
          {
            type: 'kubernetes-resource',
            metadata: { resourceKind: 'ConfigMap', resourceName: name, key: 'value', targetValue: '5' },
          },
        ],
      },
    },
  };
}

export function overlayOf(member: string, name: string, namespace = 'default', root = 'scaling'): string {
  return `${root}/members/${member}/${namespace}/${name}/kustomization.yaml`;
}

/** Count that a member's overlay holds at the tip; null: none. */
export function countOf(
  repository: BareRepository,
  member: string,
  name: string,
  namespace = 'default',
  root = 'scaling',
): number | null {
  const text = repository.read(overlayOf(member, name, namespace, root));
  const settings = {
    root: 'scaling',
    path: 'members/{member}/{namespace}/{name}',
    layout: 'component',
    helmValuesKey: 'x',
  } as const;
  return text === null ? null : parseOverlay(settings, text).count;
}

export function recordOf(
  repository: BareRepository,
  name: string,
  namespace = 'default',
  root = 'scaling',
): DecisionRecord | null {
  const text = repository.read(`${root}/decisions/${namespace}/${name}.yaml`);
  return text === null ? null : parseRecord(text);
}

/** Verdict and reason by key. */
export function verdictsOf({ outcomes }: TickResult): Readonly<Record<string, string>> {
  return Object.fromEntries(
    outcomes.map(({ key, verdict }) => [key, 'reason' in verdict ? `${verdict.kind} ${verdict.reason}` : verdict.kind]),
  );
}

/** Reason of each destination's failure. */
export function errorsOf({ destinations }: TickResult): readonly string[] {
  return destinations.flatMap(({ error }) => error?.reason ?? []);
}

/** The states beside the branch of a repository, by key of the DSO. */
export function savedStates(repository: BareRepository): ReadonlyMap<string, string> {
  const refs = [...repository.refs().keys()].filter((ref) => ref.startsWith('refs/dso-gitops/state/'));
  const files = refs.flatMap((ref) => repository.paths(ref).map((path) => [ref, path] as const));
  return new Map(
    files.map(([ref, path]) => [path.replace(/^[^/]+\/(.+)\.json$/, '$1'), repository.read(path, ref) ?? '']),
  );
}

/** The first decision of `default/a` in two repositories. */
export async function decidedInTwo(): Promise<{ readonly world: World; readonly second: BareRepository }> {
  const world = new World(TWO_REPOSITORIES);
  const second = world.repository('second.git');
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  return { world, second };
}
