import type { Configuration } from '../config/load.ts';
import { ProductError } from '../errors.ts';
import type { ForeignWriter, HubDso } from '../sources/hub.ts';
import type { Verdict } from './decision.ts';
import type { KnownMembers } from './known-members.ts';
import { type DsoOutcome, undecided } from './outcome.ts';
import { type PlacedDso, place, type SharedMembers } from './place.ts';

/**
 * A DSO with its places, or why it cannot be decided now.
 *
 * @param earlier its places where nothing changed since they were found
 * @param unreadable why destinations cannot be read, by id
 */
export function admit(
  source: HubDso,
  earlier: PlacedDso | undefined,
  known: KnownMembers,
  configuration: Configuration,
  unreadable: ReadonlyMap<string, ProductError>,
  shared: SharedMembers,
): PlacedDso | DsoOutcome {
  const { effective, stored } = source;
  if (stored?.isBeingDeleted) {
    const message = 'it is being deleted and waits for its finalizers; what is in Git stays';
    return undecided(source, { kind: 'wait', reason: 'BeingDeleted', message });
  }
  if (effective.kind === 'invalid') {
    const problems = effective.problems.map((problem) => ({ ...problem, where: source.locate(problem.path) }));
    const message = 'the object is not valid; nothing is written for it until it is corrected';
    return undecided(source, { kind: 'stalled', reason: 'InvalidSpec', message }, problems);
  }
  if (effective.kind === 'unsupported') {
    const problem = { ...effective.problem, where: source.locate(effective.problem.path) };
    return undecided(source, { kind: 'stalled', reason: 'Unsupported', message: problem.message }, [problem]);
  }
  const writer = stored?.foreignWriter;
  if (writer && !writer.isTakenOver) return undecided(source, foreign(writer));
  if (known instanceof ProductError)
    return undecided(source, { kind: 'wait', reason: known.reason, message: known.message });
  const placed = earlier ?? place(effective.dso, known, configuration, shared);
  if (!('dso' in placed)) return undecided(source, placed);
  const error = unreadable.get(placed.home.id);
  if (!error) return placed;
  return undecided(source, { kind: 'wait', reason: error.reason, message: `${placed.home.name}: ${error.message}` });
}

function foreign({ manager, time, problem }: ForeignWriter): Verdict {
  const message = `${manager} writes the status of this object as well (last at ${time}), so two controllers scale it; end the other one, Kedify's with: kubectl -n keda set env deploy/kedify-agent DSO_ENABLED=false, then say so with: kubectl annotate dso --all -A --overwrite dso-gitops.dev/take-over=$(date -u +%Y-%m-%dT%H:%M:%SZ)${problem === null ? '' : `; ${problem}`}`;
  return { kind: 'stalled', reason: 'ForeignStatusWriter', message };
}
