import { expect, it } from 'vitest';
import { TransitionLog } from '../../src/service/transition-log.ts';
import { TOKEN } from '../forge/forge-site.ts';
import { reviewedWorld } from '../review/reviewed-world.ts';
import { World } from '../scenarios/world.ts';

it('says what is new once, and that trouble is over', async () => {
  const world = new World();
  const log = new TransitionLog();
  const said = async (): Promise<readonly string[]> => log.of(await world.tick()).map(({ text }) => text);
  world.dso({ name: 'a' });
  world.metric('a', 20);
  expect(await said()).toEqual([expect.stringMatching(/^commit /), expect.stringContaining('default/a total 4')]);
  expect(await said()).toEqual([]);
  world.metric('a', 'abc');
  expect(await said()).toEqual([expect.stringContaining('abc')]);
  expect(await said()).toEqual([]);
  world.metric('a', 20);
  expect(await said()).toEqual(['default/a is served, nothing is in the way any more']);
  expect(await said()).toEqual([]);
});

it('says that one is gone, and that advice is no trouble', async () => {
  const world = new World();
  const log = new TransitionLog();
  const said = async (): Promise<readonly string[]> =>
    log.of(await world.tick()).map(({ level, text }) => `${level} ${text}`);
  world.dso({ name: 'a', annotations: { 'scaledobject.keda.sh/transfer-hpa-ownership': 'true' } });
  world.metric('a', 20);
  await said();
  world.remove('default.a.yaml');
  expect(await said()).toEqual(['info default/a is gone from the hub; what is in Git stays']);
});

it('says once that states are not saved, and that it is over', () => {
  const log = new TransitionLog();
  const said = (message: string): readonly string[] => log.ofSaving(message).map(({ text }) => text);
  expect(said('')).toEqual([]);
  expect(said('too many')).toEqual(['states are not saved yet: too many']);
  expect(said('too many')).toEqual([]);
  expect(said('')).toEqual(['over: too many']);
  expect(said('')).toEqual([]);
});

it('says that what failed as a whole, and what cannot be read, is over', async () => {
  const world = new World();
  const log = new TransitionLog();
  const said = async (): Promise<readonly string[]> => log.of(await world.tick()).map(({ text }) => text);
  world.write('bad.yaml', 'a: [');
  expect(await said()).toEqual([expect.stringContaining('bad.yaml')]);
  log.ofFailure('the hub is gone');
  world.remove('bad.yaml');
  expect(await said()).toEqual([expect.stringMatching(/^over: .*bad\.yaml/), 'over: the hub is gone']);
  expect(await said()).toEqual([]);
});

it('says what became of pull requests, also where nobody waited for it', async () => {
  const { world, standIn } = await reviewedWorld({}, {}, 'token', { commitStatus: true });
  standIn.tokens.get(TOKEN)?.permissions.delete('statuses');
  const log = new TransitionLog();
  const said = async (): Promise<readonly string[]> =>
    log.of(await world.tick()).map(({ level, text }) => `${level} ${text}`);
  world.dso({ name: 'a' });
  world.metric('a', 20);
  const background = { ms: 0, resume: () => undefined };
  const entries: string[] = [];
  for (let times = 0; standIn.repository.pulls.length === 0 || times < 3; times += 1) {
    entries.push(...log.of(await world.tick({ background })).map(({ level, text }) => `${level} ${text}`));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  entries.push(...(await said()));
  const url = 'https://github.test/acme/fleet/pull/1';
  expect(entries.filter((one) => one.includes('opened'))).toEqual([`info pull request opened: ${url}`]);
  expect(entries.filter((one) => one.includes('Statuses: write'))).toHaveLength(1);
  standIn.faults.add({ on: /pulls/, answer: { status: 500, body: { message: 'down' } } });
  world.metric('a', 60);
  world.now += 700_000;
  expect(await said()).toEqual([
    expect.stringMatching(/^error .* all RemoteUnavailable: /),
    expect.stringMatching(/^info default\/a RemoteUnavailable: /),
  ]);
  expect(await said()).toEqual([]);
});
