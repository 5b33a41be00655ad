import type { ApiCall, KubernetesClient } from '../../src/kubernetes/client.ts';

/** What an API server says; `number` counts the calls of one kind from 0. What is thrown is the failure of the call. */
export interface Script {
  readonly list: (call: ApiCall, number: number) => unknown;
  /** What comes after the head of a watch; thrown before there is a generator: the head does not come. */
  readonly watch: (call: ApiCall, number: number) => AsyncGenerator<unknown, void, undefined>;
}

/** A client whose API server is a script. */
export class ScriptedApi implements KubernetesClient {
  readonly server = 'https://hub.test';
  /** Calls, as `LIST path` or `WATCH path from version`. */
  readonly calls: string[] = [];
  readonly #script: Script;
  #lists = 0;
  #watches = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  async call(call: ApiCall): Promise<unknown> {
    this.calls.push(`LIST ${call.path}`);
    return this.#script.list(call, this.#lists++);
  }

  async stream(call: ApiCall): Promise<AsyncGenerator<unknown, void, undefined>> {
    this.calls.push(`WATCH ${call.path} from ${call.query?.['resourceVersion']}`);
    return this.#script.watch(call, this.#watches++);
  }
}

/** The answer to a list. */
export function listOf(resourceVersion: string, items: readonly object[]): object {
  return { metadata: { resourceVersion }, items };
}

/** A ConfigMap of namespace `default`. */
export function configMap(name: string, data: Readonly<Record<string, string>> = {}, resourceVersion = '1'): object {
  return { metadata: { name, namespace: 'default', resourceVersion }, data };
}

/** Says nothing until the watch is ended. */
export async function* quiet({ signal }: ApiCall): AsyncGenerator<unknown, void, undefined> {
  yield* [];
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
