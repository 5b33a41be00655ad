import { expect, it } from 'vitest';
import { parseMarker } from '../../src/proposal/marker.ts';
import type { HeldPull } from '../forge/stand-in/world.ts';
import { random } from '../random.ts';
import { type ReviewedWorld, reviewedWorld } from '../review/reviewed-world.ts';
import { countOf, recordOf } from '../scenarios/world.ts';

const NAMES = ['a', 'b', 'c'];
const STEPS = Number(process.env['STEPS'] ?? 500);
/** Another one each night. */
const SEED = Number(process.env['SEED'] ?? 7);

it(`${STEPS} acts of metrics, people, faults and restarts: one open pull request, no write against a no, and the latest at the end`, async () => {
  process.stdout.write(`SEED=${SEED} STEPS=${STEPS}\n`);
  const chance = random(SEED);
  const reviewed = await reviewedWorld({
    delivery: { rules: [{ name: 'large', when: { percent: { min: 30 } }, then: 'pullRequest' }] },
  });
  const model = new Model(reviewed, chance);
  for (const name of NAMES) model.measure(name);
  for (let step = 0; step < STEPS; step += 1) {
    const act = await model.act();
    model.check(`SEED=${SEED}, step ${step}: ${act}`);
  }
  await model.settle();
  process.stdout.write(`SEED=${SEED} ${JSON.stringify(Object.fromEntries(model.acts))}\n`);
  const { world } = reviewed;
  const { out } = await world.run('plan');
  for (const name of NAMES) expect(model.total(name), `SEED=${SEED} ${name}\n${out}`).toBe(model.wanted(name));
  expect((await world.run('verify')).out).toContain(' 0 findings');
});

/** What may happen, and what has to hold after it. */
class Model {
  readonly acts = new Map<string, number>();
  readonly #reviewed: ReviewedWorld;
  readonly #chance: () => number;
  readonly #values = new Map<string, number>();
  /** Records at the base as they were after the last act, by name. */
  #records = new Map<string, string | null>();
  #endFault: (() => void) | null = null;

  constructor(reviewed: ReviewedWorld, chance: () => number) {
    this.#reviewed = reviewed;
    this.#chance = chance;
    for (const name of NAMES) reviewed.world.dso({ name });
  }

  measure(name: string): void {
    const value = Math.floor(this.#chance() * 60) * 5;
    this.#values.set(name, value);
    this.#reviewed.world.metric(name, value);
  }

  wanted(name: string): number {
    return Math.min(100, (this.#values.get(name) ?? 0) / 5);
  }

  total(name: string): number {
    const { home } = this.#reviewed.world;
    return (countOf(home, 'one', name) ?? 0) + (countOf(home, 'two', name) ?? 0);
  }

  /** Does one of them. @returns what it was */
  async act(): Promise<string> {
    const { world, standIn } = this.#reviewed;
    const { repository } = standIn;
    const open = this.#open();
    const [pull] = open;
    const kinds: readonly (readonly [string, number, () => Promise<void> | void])[] = [
      ['a metric changes', 20, () => this.measure(this.#one(NAMES))],
      ['time passes', 15, () => this.#wait()],
      ['a tick', 25, async () => this.#tick()],
      ['a restart', 5, () => world.restart()],
      ['a merge', 8, () => pull && this.#merge(pull)],
      ['an approval', 4, () => pull && repository.review(pull.number, 'APPROVED')],
      ['a comment', 2, () => pull && repository.touch(pull)],
      ['a close', 3, () => pull && repository.close(pull.number, 'bob')],
      ['a label', 2, () => pull && repository.touch(pull, { labels: pull.labels.length > 0 ? [] : ['dso/hold'] })],
      ['a commit of a person on our branch', 1, () => pull && this.#commit(pull)],
      ['an edit of the text', 1, () => pull && repository.touch(pull, { body: pull.body.replace('Written by', 'By') })],
      ['a resume', 5, async () => this.#resume(this.#one(NAMES))],
      ['a fault begins', 3, () => this.#fault()],
      ['a fault ends', 6, () => this.#wellAgain()],
    ];
    let left = this.#chance() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight, run] of kinds) {
      left -= weight;
      if (left >= 0) continue;
      const before = new Map(NAMES.map((one) => [one, this.#record(one)]));
      const held = name === 'a tick' ? this.#held() : new Set<string>();
      this.#records = before;
      await run();
      for (const one of held) expect(this.#record(one), `a write against a no to ${one}`).toBe(before.get(one));
      this.acts.set(name, (this.acts.get(name) ?? 0) + 1);
      return name;
    }
    return 'nothing';
  }

  /** What has to hold at any time. */
  check(when: string): void {
    expect(this.#open().length, `${when}: open pull requests`).toBeLessThanOrEqual(1);
    expect(this.#reviewed.standIn.problems, when).toEqual([]);
    for (const name of NAMES) {
      const [before, now] = [this.#records.get(name), this.#record(name)];
      const seq = recordOf(this.#reviewed.world.home, name)?.seq ?? 0;
      if (before !== now) expect(seq, `${when}: ${name}`).toBeGreaterThan(0);
    }
  }

  /** Nothing fails any more, and people say yes to everything. */
  async settle(): Promise<void> {
    const { world, standIn } = this.#reviewed;
    this.#wellAgain();
    for (let round = 0; round < 12; round += 1) {
      for (const pull of this.#open()) standIn.repository.touch(pull, { labels: [] });
      for (const name of NAMES) await world.run('resume', `default/${name}`);
      world.now += 1_200_000;
      await world.tick();
      for (const pull of this.#open()) this.#merge(pull);
    }
  }

  async #tick(): Promise<void> {
    await this.#reviewed.world.tick();
  }

  async #resume(name: string): Promise<void> {
    await this.#reviewed.world.run('resume', `default/${name}`);
  }

  #wait(): void {
    this.#reviewed.world.now += Math.floor(this.#chance() * 1_200_000);
  }

  #open(): readonly HeldPull[] {
    const { repository } = this.#reviewed.standIn;
    repository.sync();
    return repository.pulls.filter(({ state }) => state === 'open');
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

  #merge(pull: HeldPull): void {
    const { repository } = this.#reviewed.standIn;
    if (repository.isMergeable(pull)) repository.merge(pull.number, this.#one(['merge', 'squash', 'rebase'] as const));
    else repository.close(pull.number, 'bob');
  }

  #commit({ head }: HeldPull): void {
    const { standIn, world } = this.#reviewed;
    world.home.commit({ [`notes/${Math.floor(this.#chance() * 1000)}.txt`]: 'mine\n' }, head);
    standIn.repository.sync();
  }

  #fault(): void {
    const answer = this.#one(['cut', 'lost', { status: 500, body: { message: 'down' } }] as const);
    this.#endFault ??= this.#reviewed.standIn.faults.add({ on: this.#one([/./, /^POST /, /^PATCH /]), answer });
  }

  #wellAgain(): void {
    this.#endFault?.();
    this.#endFault = null;
  }

  #record(name: string): string | null {
    return this.#reviewed.world.home.read(`scaling/decisions/default/${name}.yaml`);
  }

  #one<T>(all: readonly T[]): T {
    const found = all[Math.floor(this.#chance() * all.length)];
    if (found === undefined) throw new Error('there is nothing to choose from');
    return found;
  }
}
