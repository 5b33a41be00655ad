import type { Destination } from '../config/load.ts';
import { indexPath } from '../manifests/layout.ts';
import type { DecidedDso } from './compose.ts';

/** Paths that a decision needs in a destination: its files, and indexes that gain its name. */
export function pathsOf({ placed, decided }: DecidedDso, destination: Destination): readonly string[] {
  const change = decided.changes.get(destination.id);
  if (!change) return [];
  const indexes = change.added.flatMap((member) => indexPath(destination, member, placed.dso.namespace) ?? []);
  return [...change.files.keys(), ...indexes];
}
