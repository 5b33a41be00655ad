import type { SeriesClock } from '../simulate/clock.ts';
import type { Distance } from '../simulate/distance.ts';
import type { Change, Moment } from '../simulate/moment.ts';
import type { Simulation } from '../simulate/simulate.ts';
import type { SimulateInput } from './simulate-input.ts';

/** A moment at which something changed. Times are as in the series. */
export interface MomentReport {
  readonly time: number | string;
  /** By trigger; null: missing. */
  readonly readings: Readonly<Record<string, number | null>>;
  /** Replicas that the triggers ask for without any limit; null: nothing was read yet. */
  readonly demand: number | null;
  /** Why the total is not the demand; empty when it is. */
  readonly limit: string;
  readonly total: number;
  readonly replicas: Readonly<Record<string, number>>;
  readonly unplaced: number;
  readonly changed: readonly Change[];
}

/** The figures of a simulation. */
export interface SimulateSummary {
  readonly samples: number;
  readonly from: number | string;
  /** The last sample, or the last deadline after it that changed something. */
  readonly to: number | string;
  readonly initialTotal: number;
  readonly commits: number;
  /** Of a writer that commits every change of the raw demand within the bounds. */
  readonly rawCommits: number;
  readonly distance: Distance;
  readonly isCut: boolean;
}

/** A simulation as data: what `-o json` prints. */
export interface SimulateReport {
  readonly dso: string;
  readonly triggers: readonly string[];
  readonly members: readonly string[];
  readonly summary: SimulateSummary;
  readonly moments: readonly MomentReport[];
}

/** A simulation as a report. */
export function simulateReport({ dso, series, initialTotal }: SimulateInput, simulation: Simulation): SimulateReport {
  const { samples, clock } = series;
  const { moments, commits, rawCommits, distance, isCut } = simulation;
  const first = samples[0]?.at ?? 0;
  const last = Math.max(samples.at(-1)?.at ?? 0, moments.at(-1)?.at ?? 0);
  return {
    dso: dso.key,
    triggers: dso.triggers.map(({ id }) => id),
    members: moments[0]?.split.shares.map(({ name }) => name) ?? [],
    summary: {
      samples: samples.length,
      from: clock.format(first),
      to: clock.format(last),
      initialTotal,
      commits,
      rawCommits,
      distance,
      isCut,
    },
    moments: moments.map((moment) => momentReport(moment, clock)),
  };
}

function momentReport(
  { at, readings, demand, limit, total, split, changed }: Moment,
  clock: SeriesClock,
): MomentReport {
  return {
    time: clock.format(at),
    readings: Object.fromEntries(
      [...readings].map(([id, reading]) => [id, reading.kind === 'value' ? reading.value : null]),
    ),
    demand,
    limit,
    total,
    replicas: Object.fromEntries(split.shares.map(({ name, replicas }) => [name, replicas])),
    unplaced: split.unplaced,
    changed,
  };
}
