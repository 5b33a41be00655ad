import { expect, it } from 'vitest';
import { Claims } from '../../src/reconcile/claims.ts';
import type { PlacedDso } from '../../src/reconcile/place.ts';
import { World } from '../scenarios/world.ts';

const DIRECTORY = 'scaling/decisions/default';

/** A tip with records of many DSOs, and how many of them were read. */
class Tip {
  tip = 'first';
  read = 0;
  readonly texts = new Map<string, string>();

  async files(): Promise<readonly string[]> {
    return [...this.texts.keys()];
  }

  async entries(paths: readonly string[]): Promise<ReadonlyMap<string, { mode: string; id: string } | null>> {
    return new Map(paths.map((path) => [path, { mode: '100644', id: this.texts.get(path) ?? '' }]));
  }

  async contents(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    this.read += ids.length;
    return new Map(ids.map((id) => [id, id]));
  }
}

it('at a new tip only records are read that have changed, and what is gone claims nothing', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  const { placed } = (await world.tick()).outcomes[0] ?? {};
  const text = world.home.read(`${DIRECTORY}/a.yaml`) ?? '';
  if (!placed) throw new Error('it was not placed');
  const tip = new Tip();
  for (let index = 0; index < 600; index += 1)
    tip.texts.set(
      `${DIRECTORY}/web-${index}.yaml`,
      text.replaceAll('name: a\n', `name: web-${index}\n`).replaceAll('a-app', `app-${index}`),
    );
  const claims = new Claims();
  const wants = async (app: string): Promise<string | null> => {
    const dso = { ...placed.dso, key: 'default/new', name: 'new', target: { ...placed.dso.target, name: app } };
    const newcomer: PlacedDso = { ...placed, dso };
    const verdict = await claims.against(newcomer, new Map([[placed.home.id, tip]]));
    return verdict && 'reason' in verdict ? verdict.reason : null;
  };
  expect([await wants('app-7'), await wants('app-599'), await wants('other'), tip.read]).toEqual([
    'WorkloadTaken',
    'WorkloadTaken',
    null,
    600,
  ]);
  tip.tip = 'second';
  tip.texts.delete(`${DIRECTORY}/web-7.yaml`);
  const moved = tip.texts.get(`${DIRECTORY}/web-8.yaml`) ?? '';
  tip.texts.set(`${DIRECTORY}/web-8.yaml`, moved.replaceAll('app-8', 'other'));
  expect([await wants('app-7'), await wants('app-8'), await wants('other'), tip.read]).toEqual([
    null,
    null,
    'WorkloadTaken',
    601,
  ]);
});
