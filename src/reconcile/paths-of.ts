import type { Destination } from '../config/load.ts';
import { indexPath } from '../manifests/layout.ts';
import type { DecidedDso } from './compose.ts';

/** Indexes in a destination that gain the name of a DSO by a decision. */
export function indexesOf({ placed, decided }: DecidedDso, destination: Destination): readonly string[] {
  const added = decided.changes.get(destination.id)?.added ?? [];
  return added.flatMap((member) => indexPath(destination, member, placed.dso.namespace) ?? []);
}

/** Paths that a decision needs in a destination: its files, and indexes that gain its name. */
export function pathsOf(dso: DecidedDso, destination: Destination): readonly string[] {
  const files = dso.decided.changes.get(destination.id)?.files.keys() ?? [];
  return [...files, ...indexesOf(dso, destination)];
}
