import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MergeMethod } from '../../src/forge/forge.ts';
import { parseMarker } from '../../src/proposal/marker.ts';
import type { HeldPull } from '../forge/stand-in/world.ts';
import { type ReviewedWorld, reviewedWorld } from '../review/reviewed-world.ts';
import { countOf, recordOf } from '../scenarios/world.ts';

const NAMES = ['a', 'b', 'c'];
const STEPS = Number(process.env['STEPS'] ?? 500);
/** Another one each night. */
const SEED = Number(process.env['SEED'] ?? 7);

it(`${STEPS} acts of metrics, people, faults and restarts: one open pull request, no write against a no, and the latest at the end`, async () => {
  process.stdout.write(`SEED=${SEED} STEPS=${STEPS}\n`);
  const acts = fc.array(act, { minLength: STEPS, maxLength: STEPS, size: 'max' });
  await fc.assert(
    fc.asyncProperty(acts, async (given) => {
      const reviewed = await reviewedWorld({
        delivery: { rules: [{ name: 'large', when: { percent: { min: 30 } }, then: 'pullRequest' }] },
      });
      const model = new Model(reviewed);
      await fc.asyncModelRun(() => ({ model, real: reviewed }), given);
      await model.settle();
      process.stdout.write(`SEED=${SEED} ${JSON.stringify(Object.fromEntries(model.acts))}\n`);
      const { world } = reviewed;
      const { out } = await world.run('plan');
      for (const name of NAMES) expect(model.total(name), `${name}\n${out}`).toBe(model.wanted(name));
      expect((await world.run('verify')).out).toContain(' 0 findings');
    }),
    // One run is a whole life; made shorter, it would be lived again for every act.
    { numRuns: 1, seed: SEED, endOnFailure: process.env['SHRINK'] === undefined },
  );
});

/** What an act has to choose from; each takes what it needs. */
type Chance = () => number;

/** Something that happens. */
class Act implements fc.AsyncCommand<Model, ReviewedWorld> {
  readonly #kind: Kind;
  readonly #choices: readonly number[];

  constructor(kind: Kind, choices: readonly number[]) {
    this.#kind = kind;
    this.#choices = choices;
  }

  check(model: Readonly<Model>): boolean {
    return !this.#kind.isOfPull || model.open().length > 0;
  }

  async run(model: Model): Promise<void> {
    let next = 0;
    const chance = (): number => this.#choices[next++ % this.#choices.length] ?? 0;
    await model.live(this.#kind, chance);
  }

  toString(): string {
    return `${this.#kind.name} (${this.#choices.join(', ')})`;
  }
}

interface Kind {
  readonly name: string;
  /** How often it happens, against the others. */
  readonly weight: number;
  /** It happens to a pull request that is open. */
  readonly isOfPull?: boolean;
  readonly run: (model: Model, chance: Chance) => Promise<void> | void;
}

const KINDS: readonly Kind[] = [
  { name: 'a metric changes', weight: 20, run: (model, chance) => model.measure(one(NAMES, chance), chance) },
  { name: 'time passes', weight: 15, run: (model, chance) => model.wait(chance) },
  { name: 'a tick', weight: 25, run: async (model) => model.tick() },
  { name: 'a restart', weight: 5, run: (model) => model.world.restart() },
  { name: 'a merge', weight: 8, isOfPull: true, run: (model, chance) => model.merge(chance) },
  { name: 'an approval', weight: 4, isOfPull: true, run: (model) => model.approve() },
  { name: 'a comment', weight: 2, isOfPull: true, run: (model) => model.touch(() => ({})) },
  { name: 'a close', weight: 3, isOfPull: true, run: (model) => model.close() },
  {
    name: 'a label',
    weight: 2,
    isOfPull: true,
    run: (model) => model.touch(({ labels }) => ({ labels: labels.length > 0 ? [] : ['dso/hold'] })),
  },
  { name: 'a commit of a person', weight: 1, isOfPull: true, run: (model, chance) => model.commit(chance) },
  {
    name: 'an edit of the text',
    weight: 1,
    isOfPull: true,
    run: (model) => model.touch(({ body }) => ({ body: body.replace('Written by', 'By') })),
  },
  { name: 'a resume', weight: 5, run: async (model, chance) => model.resume(one(NAMES, chance)) },
  { name: 'a fault begins', weight: 3, run: (model, chance) => model.fault(chance) },
  { name: 'a fault ends', weight: 6, run: (model) => model.wellAgain() },
];

const choices = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 4, maxLength: 4 });
const act = fc.oneof(
  ...KINDS.map((kind) => ({ weight: kind.weight, arbitrary: choices.map((given) => new Act(kind, given)) })),
);

function one<T>(all: readonly T[], chance: Chance): T {
  const found = all[Math.floor(chance() * all.length)];
  if (found === undefined) throw new Error('there is nothing to choose from');
  return found;
}

/** What has to hold after everything that happens. */
class Model {
  readonly acts = new Map<string, number>();
  readonly #reviewed: ReviewedWorld;
  readonly #values = new Map<string, number>();
  #endFault: (() => void) | null = null;

  constructor(reviewed: ReviewedWorld) {
    this.#reviewed = reviewed;
    for (const [index, name] of NAMES.entries()) {
      reviewed.world.dso({ name });
      this.#set(name, 5 * (index + 1));
    }
  }

  get world(): ReviewedWorld['world'] {
    return this.#reviewed.world;
  }

  wanted(name: string): number {
    return Math.min(100, (this.#values.get(name) ?? 0) / 5);
  }

  total(name: string): number {
    const { home } = this.world;
    return (countOf(home, 'one', name) ?? 0) + (countOf(home, 'two', name) ?? 0);
  }

  /** Lets something happen, and looks at what has to hold at any time. */
  async live({ name, run }: Kind, chance: Chance): Promise<void> {
    const records = new Map(NAMES.map((dso) => [dso, this.#record(dso)]));
    const held = name === 'a tick' ? this.#held() : new Set<string>();
    await run(this, chance);
    for (const dso of held) expect(this.#record(dso), `a write against a no to ${dso}`).toBe(records.get(dso));
    const when = `${[...this.acts.values()].reduce((sum, count) => sum + count, 0)} acts, then ${name}`;
    this.acts.set(name, (this.acts.get(name) ?? 0) + 1);
    expect(this.open().length, `${when}: open pull requests`).toBeLessThanOrEqual(1);
    expect(this.#reviewed.standIn.problems, when).toEqual([]);
    for (const dso of NAMES) {
      const seq = recordOf(this.world.home, dso)?.seq ?? 0;
      if (records.get(dso) !== this.#record(dso)) expect(seq, `${when}: ${dso}`).toBeGreaterThan(0);
    }
  }

  /** Nothing fails any more, and people say yes to everything. */
  async settle(): Promise<void> {
    const { world, standIn } = this.#reviewed;
    this.wellAgain();
    for (let round = 0; round < 12; round += 1) {
      for (const pull of this.open()) standIn.repository.touch(pull, { labels: [] });
      for (const name of NAMES) await world.run('resume', `default/${name}`);
      world.now += 1_200_000;
      await world.tick();
      for (const pull of this.open()) this.#end(pull, 'squash');
    }
  }

  measure(name: string, chance: Chance): void {
    this.#set(name, Math.floor(chance() * 60) * 5);
  }

  async tick(): Promise<void> {
    await this.world.tick();
  }

  async resume(name: string): Promise<void> {
    await this.world.run('resume', `default/${name}`);
  }

  wait(chance: Chance): void {
    this.world.now += Math.floor(chance() * 1_200_000);
  }

  open(): readonly HeldPull[] {
    const { repository } = this.#reviewed.standIn;
    repository.sync();
    return repository.pulls.filter(({ state }) => state === 'open');
  }

  approve(): void {
    this.#reviewed.standIn.repository.review(this.#pull().number, 'APPROVED');
  }

  close(): void {
    this.#reviewed.standIn.repository.close(this.#pull().number, 'bob');
  }

  touch(changes: (pull: HeldPull) => Partial<HeldPull>): void {
    this.#reviewed.standIn.repository.touch(this.#pull(), changes(this.#pull()));
  }

  merge(chance: Chance): void {
    this.#end(this.#pull(), one(['merge', 'squash', 'rebase'], chance));
  }

  commit(chance: Chance): void {
    this.world.home.commit({ [`notes/${Math.floor(chance() * 1000)}.txt`]: 'mine\n' }, this.#pull().head);
    this.#reviewed.standIn.repository.sync();
  }

  fault(chance: Chance): void {
    const answer = one(['cut', 'lost', { status: 500, body: { message: 'down' } }] as const, chance);
    const on = one([/./, /^POST /, /^PATCH /], chance);
    this.#endFault ??= this.#reviewed.standIn.faults.add({ on, answer });
  }

  wellAgain(): void {
    this.#endFault?.();
    this.#endFault = null;
  }

  #set(name: string, value: number): void {
    this.#values.set(name, value);
    this.world.metric(name, value);
  }

  #pull(): HeldPull {
    const [pull] = this.open();
    if (!pull) throw new Error('no pull request is open');
    return pull;
  }

  /** What people have said no to. */
  #held(): ReadonlySet<string> {
    const { pulls } = this.#reviewed.standIn.repository;
    const no = pulls.filter(({ state, labels }) => {
      return state === 'closed' || (state === 'open' && labels.includes('dso/hold'));
    });
    const keys = no.flatMap(({ body }) => Object.keys(parseMarker(body)?.numbers ?? {}));
    return new Set(keys.map((key) => key.replace('default/', '')));
  }

  #end(pull: HeldPull, method: MergeMethod): void {
    const { repository } = this.#reviewed.standIn;
    if (repository.isMergeable(pull)) repository.merge(pull.number, method);
    else repository.close(pull.number, 'bob');
  }

  #record(name: string): string | null {
    return this.world.home.read(`scaling/decisions/default/${name}.yaml`);
  }
}
