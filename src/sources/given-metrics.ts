import { mustAct } from '../errors.ts';
import type { HubObject, HubValue, ObjectLookup } from '../triggers/hub-object.ts';
import type { Hub, HubSnapshot } from './hub.ts';

/** The value of a ConfigMap key that whoever runs a command gives. */
export interface GivenMetric {
  readonly namespace: string;
  /** Of the ConfigMap. */
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

/**
 * A hub in which keys of ConfigMaps have the values that are given, whatever it holds itself, for a command that reads it
 * once. Reading it throws a ProductError where no trigger reads one of them: a name that is mistyped scales nothing silently.
 */
export function withGivenMetrics(hub: Hub, metrics: readonly GivenMetric[]): Hub {
  if (metrics.length === 0) return hub;
  return {
    keepsState: hub.keepsState,
    async read(signal) {
      const snapshot = await hub.read(signal);
      for (const metric of metrics) checkUse(metric, snapshot);
      return { ...snapshot, lookup: overlaid(snapshot.lookup, metrics) };
    },
  };
}

function overlaid(lookup: ObjectLookup, metrics: readonly GivenMetric[]): ObjectLookup {
  return (kind, namespace, name) => {
    const given = metrics.filter((one) => kind === 'ConfigMap' && one.namespace === namespace && one.name === name);
    const found = lookup(kind, namespace, name);
    if (given.length === 0) return found;
    const values = given.map(({ key, value }): [string, HubValue] => [key, { kind: 'text', text: value }]);
    const data = new Map([...(found.object?.data ?? []), ...values]);
    const object: HubObject = { kind: 'ConfigMap', namespace, name, data, given: new Set(given.map(({ key }) => key)) };
    // What else is in it may still be needed, and is as old as it is.
    return { object, problem: found.problem };
  };
}

function checkUse({ namespace, name, key }: GivenMetric, { dsos }: HubSnapshot): void {
  const read = dsos.flatMap(({ effective }) => {
    if (effective.kind !== 'dso') return [];
    const { dso } = effective;
    const configMaps = dso.triggers.filter(({ resource }) => resource.resourceKind === 'ConfigMap');
    return configMaps.map(({ resource }) => `${dso.namespace}/${resource.resourceName}:${resource.key}`);
  });
  const wanted = `${namespace}/${name}:${key}`;
  if (read.includes(wanted)) return;
  const known = [...new Set(read)].sort().slice(0, 10).join(', ');
  throw mustAct('InputInvalid', `no trigger reads the metric ${wanted}; triggers read: ${known || 'no ConfigMap'}`);
}
