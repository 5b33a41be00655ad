import { advance, observe } from '../demand/advance.ts';
import type { Evaluation } from '../demand/evaluate.ts';
import type { Reading } from '../demand/reading.ts';
import type { DemandSpec } from '../demand/spec.ts';
import { nextDeadline, seedState } from '../demand/state.ts';
import { type SplitMember, split } from '../split/split.ts';
import { addDistance, type Distance, NO_DISTANCE } from './distance.ts';
import { changesBetween, limitText, type Moment, type Standing } from './moment.ts';
import { type Asked, askedFor, rawDemand } from './raw-demand.ts';
import type { Sample } from './series.ts';

/** All that a simulation depends on. */
export interface SimulationInput {
  /** `namespace/name`, which breaks ties of the split. */
  readonly key: string;
  readonly demand: DemandSpec;
  /** At least one. */
  readonly members: readonly SplitMember[];
  /** What runs before the first sample, >= 0. */
  readonly initialTotal: number;
  /** At least one, strictly rising. */
  readonly samples: readonly Sample[];
}

/** What would have happened. */
export interface Simulation {
  readonly moments: readonly Moment[];
  /** Times at which the replicas of a member change: each is one commit, without the pacing of a destination. */
  readonly commits: number;
  /** Samples at which the raw demand, kept within the bounds, differs from the one before. */
  readonly rawCommits: number;
  readonly distance: Distance;
  /** Deadlines were left when the bound was reached: the end is not the end. */
  readonly isCut: boolean;
}

/** How many deadlines are followed after the last sample. */
const MAX_DEADLINES = 10_000;

/**
 * Runs the pipeline of `run` in virtual time: `observe` at each sample, deadlines at their own instants, a split at each
 * new total; after the last sample the deadlines that are left.
 */
export function simulate(input: SimulationInput): Simulation {
  const { demand: spec, samples } = input;
  const recorder = new Recorder(input);
  let state = seedState(input.initialTotal, samples[0]?.at ?? 0);
  for (const sample of samples) {
    const next = observe(state, spec, sample.readings, sample.at);
    state = next.state;
    recorder.record(next.evaluations, sample);
  }
  for (let count = 0; count < MAX_DEADLINES; count += 1) {
    const deadline = nextDeadline(state, spec);
    if (deadline === null) return recorder.result(false);
    const next = advance(state, spec, deadline);
    state = next.state;
    recorder.record(next.evaluations, null);
  }
  return recorder.result(true);
}

/** Turns evaluations into moments and figures. */
class Recorder {
  readonly #input: SimulationInput;
  readonly #moments: Moment[] = [];
  #standing: Standing;
  #asked: Asked = new Map();
  #distance: Distance = NO_DISTANCE;
  #commits = 0;
  #rawCommits = 0;
  #rawTotal: number;

  constructor(input: SimulationInput) {
    this.#input = input;
    this.#rawTotal = input.initialTotal;
    this.#standing = {
      at: input.samples[0]?.at ?? 0,
      readings: new Map<string, Reading>(),
      demand: null,
      limit: '',
      total: input.initialTotal,
      split: split(input.initialTotal, input.members, input.key),
    };
  }

  /** What a sample (at its instant) or time alone (null) led to. The last evaluation of an instant decides. */
  record(evaluations: readonly Evaluation[], sample: Sample | null): void {
    for (const [index, evaluation] of evaluations.entries()) {
      if (evaluations[index + 1]?.at === evaluation.at) continue;
      if (evaluation.at === sample?.at) this.#read(sample);
      this.#move(evaluation, evaluation.at === sample?.at ? sample.readings : this.#standing.readings);
    }
  }

  result(isCut: boolean): Simulation {
    const [moments, commits, rawCommits, distance] = [this.#moments, this.#commits, this.#rawCommits, this.#distance];
    return { moments, commits, rawCommits, distance, isCut };
  }

  #read({ readings }: Sample): void {
    const { demand: spec } = this.#input;
    this.#asked = askedFor(this.#asked, readings, spec);
    const demand = rawDemand(this.#asked);
    if (demand === null) return;
    const rawTotal = Math.min(spec.maxReplicaCount, Math.max(spec.minReplicaCount ?? 0, demand));
    if (rawTotal !== this.#rawTotal) this.#rawCommits += 1;
    this.#rawTotal = rawTotal;
  }

  #move(evaluation: Evaluation, readings: ReadonlyMap<string, Reading>): void {
    const before = this.#standing;
    const { at, after: total } = evaluation;
    this.#distance = addDistance(this.#distance, at - before.at, before.total, before.demand);
    const demand = rawDemand(this.#asked);
    const { key, members, demand: spec } = this.#input;
    const after: Standing = {
      at,
      readings,
      demand,
      limit: limitText(evaluation, spec, demand),
      total,
      split: total === before.total ? before.split : split(total, members, key),
    };
    const changed = changesBetween(before, after);
    if (changed.includes('replicas')) this.#commits += 1;
    if (changed.length > 0) this.#moments.push({ ...after, changed });
    this.#standing = after;
  }
}
