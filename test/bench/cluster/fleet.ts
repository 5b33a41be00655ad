import { parse } from 'yaml';
import { dsoPath } from '../../../src/api/resource.ts';
import { type Hub, startHub } from '../../cluster/hub.ts';
import { until } from '../../cluster/process.ts';
import { RawApi } from '../../cluster/raw-api.ts';
import { benchContext } from '../bench-context.ts';
import {
  configMap,
  dso,
  type FixtureSize,
  makeRepository,
  membersOf,
  type Place,
  placesOf,
  writeConfiguration,
} from '../fixture.ts';
import { textsOf } from '../floor.ts';
import { run } from '../run-git.ts';
import { RunningService } from './running-service.ts';

/** Labels in the order in which the API server has them. DSOs are created by others. */
const WRITES =
  /resource="distributedscaledobjects".*verb="(APPLY|PATCH|PUT|DELETE)"|resource="events".*verb="(APPLY|PATCH|POST|PUT)"/;
/** Calls at the same time. */
const CONNECTIONS = 32;
const QUIET_MS = 3000;
const TIMEOUT_MS = 600_000;

/** What a status is looked at for. */
interface TellingDso {
  readonly status?: { readonly totalCurrentReplicas?: number; readonly gitOps?: { readonly lastCommit?: string } };
}

/** A real API server, an empty repository, and the service between them. */
export class Fleet {
  readonly directory: string;
  readonly repository: string;
  readonly size: FixtureSize;
  readonly api: RawApi;
  readonly #hub: Hub;

  private constructor(directory: string, repository: string, size: FixtureSize, hub: Hub) {
    this.directory = directory;
    this.repository = repository;
    this.size = size;
    this.#hub = hub;
    this.api = new RawApi(hub.server);
  }

  static async make(directory: string, size: FixtureSize): Promise<Fleet> {
    return new Fleet(directory, await makeRepository(directory), size, await startHub());
  }

  get dsoCount(): number {
    return this.size.namespaces * this.size.dsosPerNamespace;
  }

  /** Namespaces, and the ConfigMaps that nobody reads yet. */
  async createMetrics(value: string): Promise<void> {
    const places = [...placesOf(this.size)];
    const namespaces = [...new Set(places.map(({ namespace }) => namespace))];
    await each(namespaces, (name) => this.api.create('/api/v1/namespaces', { metadata: { name } }));
    await each(places, (place) =>
      this.api.create(`/api/v1/namespaces/${place.namespace}/configmaps`, parse(configMap(place, value))),
    );
  }

  /** All DSOs, as fast as the API server takes them. */
  async createDsos(): Promise<void> {
    const members = membersOf(this.size);
    const objects = [...placesOf(this.size)].map((place) => [place.namespace, parse(dso(place, members))] as const);
    await each(objects, ([namespace, object]) => this.api.create(dsoPath(namespace), object));
  }

  /** Sets metrics of many, one call for each. */
  setMetrics(places: readonly Place[], value: string): Promise<void> {
    return each(places, ({ name, namespace }) => this.api.setMetric(name, value, namespace));
  }

  /**
   * Starts the service as the installation does: with its memory.
   *
   * @param pacing of the destination
   * @param path PATH
   */
  async start(pacing: string, path?: string): Promise<RunningService> {
    await writeConfiguration(this.directory, '{kubernetes: {}}', membersOf(this.size), pacing);
    return RunningService.start(this.#hub.server.kubeconfig(), benchContext(this.directory, path));
  }

  /** Requests so far that changed a DSO or its status, or wrote an event: only the service makes them. */
  async apiWrites(): Promise<number> {
    const text = await this.api.get('/metrics');
    const requests = [...text.matchAll(/^apiserver_request_total\{(.*)\} (\S+)$/gm)];
    return requests
      .filter(([, labels = '']) => WRITES.test(labels))
      .reduce((sum, [, , value]) => sum + Number(value), 0);
  }

  /** Waits until the service has written nothing for a while. */
  async quiet(): Promise<void> {
    let [last, since] = [-1, 0];
    const isQuiet = async (): Promise<true | null> => {
      const now = await this.apiWrites();
      if (now !== last) [last, since] = [now, performance.now()];
      return performance.now() - since > QUIET_MS ? true : null;
    };
    await until('quiet', isQuiet, TIMEOUT_MS, 500);
  }

  /** Commits of the branch; none while there is no branch. */
  async commits(): Promise<number> {
    return Number((await run(this.repository, ['rev-list', '--count', '--branches'])).trim());
  }

  /** How many of the DSOs have this total in the branch. */
  async countAt(places: readonly Place[], total: number): Promise<number> {
    const paths = places.map(({ namespace, name }) => `scaling/decisions/${namespace}/${name}.yaml`);
    const texts = await textsOf(this, paths);
    return [...texts.values()].filter((text) => after(text) === total).length;
  }

  /** How many of the DSOs say this total and a commit in their status. */
  async countTold(total: number): Promise<number> {
    let count = 0;
    for (const namespace of new Set([...placesOf(this.size)].map((place) => place.namespace))) {
      const { items }: { items: readonly TellingDso[] } = JSON.parse(await this.api.get(dsoPath(namespace)));
      count += items.filter(({ status }) => status?.totalCurrentReplicas === total && status.gitOps?.lastCommit).length;
    }
    return count;
  }

  async stop(): Promise<void> {
    this.api.close();
    await this.#hub.stop();
  }
}

function after(record: string): number {
  return Number(/^total: \{before: \S+, after: (\d+)\}$/m.exec(record)?.[1]);
}

/** Some at the same time, in order. */
async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (const item of rest) await act(item);
    }),
  );
}
