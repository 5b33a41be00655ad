import { expect, it } from 'vitest';
import { verdictsOf, World } from './world.ts';

it('what another installation decided is not held from here', async () => {
  const world = new World({ owner: 'theirs' });
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.configure({ owner: 'ours' });
  expect((await world.run('hold', 'default/a')).out.replaceAll(/\s+/g, ' ')).toContain('belongs to the installation');
  expect(world.home.read('scaling/holds/default/a.yaml')).toBeNull();
  world.configure({ owner: 'theirs' });
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'same' });
});
