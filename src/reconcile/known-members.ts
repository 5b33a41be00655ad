import { DnsName } from '../api/names.ts';
import type { Configuration } from '../config/load.ts';
import { ProductError } from '../errors.ts';
import type { HubSnapshot } from '../sources/hub.ts';
import type { Connections } from './connections.ts';

/** Names of the members that exist, or why they cannot be told now. */
export type KnownMembers = readonly string[] | ProductError;

/** The list of the configuration, the directories of the first destination, or what is registered in the hub. */
export async function knownMembers(
  { members: registered }: HubSnapshot,
  { members, destinations }: Configuration,
  connections: Connections,
): Promise<KnownMembers> {
  if (registered) return registered;
  if (!('directories' in members)) return 'secret' in members ? [] : members;
  const [first] = destinations;
  const repository = first && connections.readable.get(first.id);
  if (first && repository) {
    try {
      return (await repository.directories(members.directories)).filter((name) => DnsName.safeParse(name).success);
    } catch (error) {
      connections.branch(first.id).noteUnreadable(error);
    }
  }
  const error = first && connections.unreadable.get(first.id);
  const message = `the known members cannot be read now: ${error?.message ?? 'the first destination was not read'}`;
  return new ProductError('later', error?.reason ?? 'DestinationUnavailable', message);
}
