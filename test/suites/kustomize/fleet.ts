import { join } from 'node:path';
import { stringify } from 'yaml';
import type { BareRepository } from '../../repository/bare-repository.ts';
import { type DsoGiven, World } from '../../scenarios/world.ts';
import { countsOf } from './kustomize.ts';

/** What a test builds: files of a repository, DSOs, and what the product makes of them. */
export interface Fleet {
  /** Files of the base; its kustomization takes all of them. */
  readonly base: Readonly<Record<string, object>>;
  /** More of the base's kustomization. */
  readonly inBase?: Readonly<Record<string, unknown>>;
  /** More of the member's kustomization, clusters/one. */
  readonly inMember?: Readonly<Record<string, unknown>>;
  /** What the member is wired to; default: the index of namespace default. */
  readonly components?: readonly string[];
  readonly dsos: readonly DsoGiven[];
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Metric of all; 5 are one replica. Default 35: 7 replicas on member one. */
  readonly metric?: number;
  readonly more?: Readonly<Record<string, object>>;
}

/** A workload, as an application has it. */
export function workload(
  name: string,
  given: {
    readonly namespace?: string;
    readonly replicas?: number;
    readonly kind?: string;
    readonly apiVersion?: string;
  } = {},
): object {
  const { namespace, replicas, kind = 'Deployment', apiVersion = 'apps/v1' } = given;
  const labels = { app: name };
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'nginx' }] } },
    },
  };
}

/** Runs `apply` for the fleet. */
export async function applied(fleet: Fleet): Promise<World> {
  const files: Record<string, string> = {};
  for (const [name, object] of Object.entries(fleet.base)) files[`base/${name}.yaml`] = stringify(object);
  files['base/kustomization.yaml'] = stringify({
    resources: Object.keys(fleet.base).map((name) => `${name}.yaml`),
    ...fleet.inBase,
  });
  const components = fleet.components ?? ['../../scaling/members/one/default'];
  files['clusters/one/kustomization.yaml'] = stringify({ resources: ['../../base'], components, ...fleet.inMember });
  for (const [path, object] of Object.entries(fleet.more ?? {})) files[path] = stringify(object);
  const world = new World({ members: ['one'], ...fleet.configuration }, files);
  for (const given of fleet.dsos) {
    world.dso({ members: { one: 1 }, ...given });
    world.metric(given.name, fleet.metric ?? 35, given.namespace);
  }
  const { out, err } = await world.run('apply');
  if (world.home.log().length < 2) throw new Error(`apply committed nothing: ${out}${err}`);
  return world;
}

/** The tip as files. */
export function checkOut(world: World, repository: BareRepository = world.home): string {
  const directory = join(world.directory, 'checkout');
  repository.git('worktree', 'add', '--quiet', '--force', '--detach', directory, 'main');
  return directory;
}

/** Replicas by object in what is built for member one after `apply`. */
export async function builtAfterApply(
  fleet: Fleet,
  directory = 'clusters/one',
): Promise<Readonly<Record<string, number | null>>> {
  return countsOf(join(checkOut(await applied(fleet)), directory));
}
