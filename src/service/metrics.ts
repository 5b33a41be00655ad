import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type DsoOutcome, identityOf, sumOf, type TickResult } from '../reconcile/outcome.ts';
import { Presence } from '../reconcile/presence.ts';
import { type Standing, standingOf } from '../status/standing.ts';

/** As controller-runtime has it in this label. */
const CONTROLLER = { controller: 'distributedscaledobject' };
/** From a ConfigMap to a small local repository, up to a host that is away for an hour. */
const LAG_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];
/** The event loop is looked at this often, in milliseconds: an idle process stays idle. */
const LOOK_MS = 1000;

/** What of a DSO is told. Counts are replicas. */
interface Told {
  /** Of what it was made from. */
  readonly outcome: number;
  readonly namespace: string;
  readonly name: string;
  readonly verdict: string;
  readonly decided: number | null;
  readonly committed: number | null;
  readonly unplaced: number;
  readonly missing: number;
  /** In one order, and of each what it gets. */
  readonly members: readonly string[];
  readonly replicas: readonly number[];
}

/** What a tick came to, and how the process is, for Prometheus. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #ticks = this.#counter('controller_runtime_reconcile_total', 'Evaluations.', 'controller', 'result');
  readonly #failures = this.#counter(
    'controller_runtime_reconcile_errors_total',
    'Evaluations that failed.',
    'controller',
  );
  readonly #times = this.#histogram(
    'controller_runtime_reconcile_time_seconds',
    'Length of evaluations.',
    'controller',
  );
  readonly #leads = this.#gauge('leader_election_master_status', 'Whether this one holds the Leases: 1 or 0.', 'name');
  readonly #commits = this.#counter('dso_gitops_commits_total', 'Commits that were pushed.', 'destination');
  readonly #undelivered = this.#counter(
    'dso_gitops_delivery_failures_total',
    'Evaluations after which something could not be delivered.',
    'destination',
    'reason',
  );
  readonly #lag = this.#histogram(
    'dso_gitops_change_to_push_seconds',
    'From a change in the hub to the end of its push.',
  );
  readonly #objects = this.#gauge(
    'dso_gitops_objects',
    'DistributedScaledObjects by verdict; held is a no of a person.',
    'verdict',
  );
  readonly #decided = this.#gauge('dso_gitops_decided_replicas', 'The decided total.', 'namespace', 'name');
  readonly #committed = this.#gauge('dso_gitops_committed_replicas', 'What the branches hold.', 'namespace', 'name');
  readonly #unplaced = this.#gauge(
    'dso_gitops_unplaced_replicas',
    'What no member can take; absent where it is none.',
    'namespace',
    'name',
  );
  readonly #missing = this.#gauge(
    'dso_gitops_missing_readings',
    'Triggers of which nothing can be read; absent where it is none.',
    'namespace',
    'name',
  );
  readonly #members = this.#gauge('dso_gitops_member_replicas', 'The split, of all workloads together.', 'member');
  readonly #told = new Map<string, Told>();
  readonly #presence = new Presence();
  readonly #lists = new Map<string, readonly string[]>();
  #changedAt: number | null = null;
  #asked: Promise<string> | null = null;

  constructor() {
    this.#failures.inc(CONTROLLER, 0);
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOK_MS });
  }

  /** Names of all that is told. */
  get names(): readonly string[] {
    return this.#registry.getMetricsAsArray().map(({ name }) => name);
  }

  /** Notes that the hub changed. @param now milliseconds on a clock that nobody sets, as below */
  noteChange(now: number): void {
    this.#changedAt ??= now;
  }

  /** Notes how a tick came out. */
  noteTick({ outcomes, destinations, dsos }: TickResult, tookMs: number, now: number): void {
    this.#ticks.inc({ ...CONTROLLER, result: 'success' });
    this.#times.observe(CONTROLLER, tookMs / 1000);
    const byId = new Map(destinations.map((one) => [one.destination.id, one]));
    for (const outcome of outcomes)
      if (this.#told.get(outcome.key)?.outcome !== identityOf(outcome))
        this.#told.set(outcome.key, this.#tell(outcome, standingOf(outcome, byId)));
    for (const key of this.#presence.takeGone(dsos)) this.#told.delete(key);
    // Lists that nobody has any more go; those in use come back by themselves.
    if (this.#lists.size > this.#told.size) this.#lists.clear();
    for (const { destination, commit, error } of destinations) {
      if (commit !== null) this.#commits.inc({ destination: destination.name });
      if (error) this.#undelivered.inc({ destination: destination.name, reason: error.reason });
    }
    this.#noteLag(destinations, now);
  }

  /** What is told of objects is that of the one who leads: at the end of a term another one tells it. */
  forgetObjects(): void {
    this.#told.clear();
    this.#lists.clear();
    this.#changedAt = null;
  }

  /** Notes that a tick failed as a whole. */
  noteFailure(): void {
    this.#ticks.inc({ ...CONTROLLER, result: 'error' });
    this.#failures.inc(CONTROLLER);
  }

  /** Notes who leads. */
  noteLeading(isLeading: boolean): void {
    this.#leads.set({ name: 'dso-gitops' }, isLeading ? 1 : 0);
  }

  /** All of it, in the text format of Prometheus. Who asks meanwhile gets the same. */
  text(): Promise<string> {
    this.#asked ??= this.#render().finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }

  async #render(): Promise<string> {
    const perObject = [this.#objects, this.#decided, this.#committed, this.#unplaced, this.#missing, this.#members];
    for (const told of this.#told.values()) {
      const { namespace, name, verdict, decided, committed, unplaced, missing, members, replicas } = told;
      this.#objects.inc({ verdict });
      if (decided !== null) this.#decided.set({ namespace, name }, decided);
      if (committed !== null) this.#committed.set({ namespace, name }, committed);
      if (unplaced > 0) this.#unplaced.set({ namespace, name }, unplaced);
      if (missing > 0) this.#missing.set({ namespace, name }, missing);
      for (const [index, member] of members.entries()) this.#members.inc({ member }, replicas[index] ?? 0);
    }
    try {
      return await this.#registry.metrics();
    } finally {
      // Ten thousand objects are not kept twice between two scrapes.
      for (const gauge of perObject) gauge.reset();
    }
  }

  /** @param standing what of it was delivered by the same tick */
  #tell(outcome: DsoOutcome, { committed, waiting }: Standing): Told {
    const { key, verdict, decided, readings } = outcome;
    const [namespace = '', name = ''] = key.split('/');
    const shares = decided?.split?.shares ?? [];
    return {
      outcome: identityOf(outcome),
      namespace,
      name,
      verdict: verdict.kind === 'change' && waiting.length === 0 ? 'same' : verdict.kind,
      decided: decided?.state?.demand.total ?? null,
      committed: sumOf(committed),
      unplaced: decided?.split?.unplaced ?? 0,
      missing: [...readings.values()].filter(({ reading }) => reading.kind === 'missing').length,
      members: this.#shared(shares.map((share) => share.name)),
      replicas: shares.map(({ replicas }) => replicas),
    };
  }

  /** A fleet has few lists of members and many workloads. */
  #shared(members: readonly string[]): readonly string[] {
    const id = members.join(' ');
    const known = this.#lists.get(id) ?? members;
    this.#lists.set(id, known);
    return known;
  }

  #noteLag(destinations: TickResult['destinations'], now: number): void {
    if (this.#changedAt === null || destinations.some(({ waiting, error }) => waiting !== null || error !== null))
      return;
    if (destinations.some(({ commit }) => commit !== null)) this.#lag.observe((now - this.#changedAt) / 1000);
    this.#changedAt = null;
  }

  #counter(name: string, help: string, ...labelNames: readonly string[]): Counter {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #gauge(name: string, help: string, ...labelNames: readonly string[]): Gauge {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #histogram(name: string, help: string, ...labelNames: readonly string[]): Histogram {
    return new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: LAG_SECONDS,
      registers: [this.#registry],
    });
  }
}
