import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { World } from '../../scenarios/world.ts';
import { applied, builtAfterApply, checkOut, workload } from './fleet.ts';
import { countsOf, findKustomize } from './kustomize.ts';

const WEB = { name: 'web', target: { name: 'web' } };

beforeAll(() => {
  const version = execFileSync(findKustomize(), ['version']).toString().trim();
  expect(version).toMatch(/v5|devel|unknown/);
});

describe('the count reaches the workload where the base', () => {
  it('has replicas', async () => {
    expect(await builtAfterApply({ base: { web: workload('web', { replicas: 2 }) }, dsos: [WEB] })).toEqual({
      'Deployment web': 7,
    });
  });

  it('has none', async () => {
    expect(await builtAfterApply({ base: { web: workload('web') }, dsos: [WEB] })).toEqual({ 'Deployment web': 7 });
  });

  it('runs it with zero', async () => {
    const world = await applied({ base: { web: workload('web', { replicas: 2 }) }, dsos: [WEB] });
    world.metric('web', 0);
    world.now += 301_000;
    await world.run('apply');
    world.now += 301_000;
    await world.run('apply');
    expect(countsOf(join(checkOut(world), 'clusters/one'))).toEqual({ 'Deployment web': 0 });
  });

  it('has another workload, which stays', async () => {
    const base = {
      web: workload('web', { replicas: 2 }),
      webapp: workload('webapp', { replicas: 3 }),
      job: workload('web', { kind: 'StatefulSet', replicas: 4 }),
    };
    expect(await builtAfterApply({ base, dsos: [WEB] })).toEqual({
      'Deployment web': 7,
      'Deployment webapp': 3,
      'StatefulSet web': 4,
    });
  });

  it('has a name with dots, and one that a dot would match', async () => {
    const base = { dotted: workload('web.v2', { replicas: 1 }), other: workload('webxv2', { replicas: 1 }) };
    const dsos = [{ name: 'web.v2', target: { name: 'web.v2' } }];
    expect(await builtAfterApply({ base, dsos })).toEqual({ 'Deployment web.v2': 7, 'Deployment webxv2': 1 });
  });

  it('has a StatefulSet', async () => {
    const dsos = [{ name: 'db', target: { name: 'db', kind: 'StatefulSet' } }];
    expect(await builtAfterApply({ base: { db: workload('db', { kind: 'StatefulSet' }) }, dsos })).toEqual({
      'StatefulSet db': 7,
    });
  });

  it('has a kind of its own, with the path that the configuration names', async () => {
    const rollout = { kind: 'Rollout', apiVersion: 'argoproj.io/v1alpha1' };
    const base = { web: workload('web', { ...rollout, replicas: 1 }), deployment: workload('web', { replicas: 1 }) };
    const configuration = { workloads: [{ ...rollout, replicasPath: '/spec/replicas' }] };
    const dsos = [{ name: 'web', target: { name: 'web', ...rollout } }];
    expect(await builtAfterApply({ base, dsos, configuration })).toEqual({ 'Rollout web': 7, 'Deployment web': 1 });
  });
});

describe('name prefixes', () => {
  const base = { web: workload('web', { replicas: 1 }) };

  it('on the level that is wired: the name of the base is matched', async () => {
    expect(await builtAfterApply({ base, inMember: { namePrefix: 'eu-' }, dsos: [WEB] })).toEqual({
      'Deployment eu-web': 7,
    });
  });

  it('on an outer level', async () => {
    const more = { 'outer/kustomization.yaml': { resources: ['../clusters/one'], namePrefix: 'eu-' } };
    expect(await builtAfterApply({ base, more, dsos: [WEB] }, 'outer')).toEqual({ 'Deployment eu-web': 7 });
  });

  it.each(['web', 'eu-web'])('inside of the base: %s is matched', async (name) => {
    expect(
      await builtAfterApply({ base, inBase: { namePrefix: 'eu-' }, dsos: [{ name: 'web', target: { name } }] }),
    ).toEqual({ 'Deployment eu-web': 7 });
  });

  // A limit that the documentation names: the patch runs before the prefix of its own level, and a miss is silent.
  it('on the level that is wired: the final name is not matched', async () => {
    const dsos = [{ name: 'web', target: { name: 'eu-web' } }];
    expect(await builtAfterApply({ base, inMember: { namePrefix: 'eu-' }, dsos })).toEqual({ 'Deployment eu-web': 1 });
  });
});

describe('namespaces', () => {
  const SHOP = { ...WEB, namespace: 'shop' };
  const components = ['../../scaling/members/one/shop'];

  it('by a transformer on the level that is wired', async () => {
    const fleet = {
      base: { web: workload('web', { replicas: 1 }) },
      inMember: { namespace: 'shop' },
      components,
      dsos: [SHOP],
    };
    expect(await builtAfterApply(fleet)).toEqual({ 'Deployment shop/web': 7 });
  });

  it('by a transformer inside of the base', async () => {
    const fleet = {
      base: { web: workload('web', { replicas: 1 }) },
      inBase: { namespace: 'shop' },
      components,
      dsos: [SHOP],
    };
    expect(await builtAfterApply(fleet)).toEqual({ 'Deployment shop/web': 7 });
  });

  it('the same name in two: only ours changes', async () => {
    const base = {
      ours: workload('web', { namespace: 'shop', replicas: 1 }),
      theirs: workload('web', { namespace: 'ops', replicas: 1 }),
    };
    expect(await builtAfterApply({ base, components, dsos: [SHOP] })).toEqual({
      'Deployment shop/web': 7,
      'Deployment ops/web': 1,
    });
  });

  // A limit that docs/start-with-your-repository.md names: kustomize calls a missing namespace `default`, too.
  it('the same name in default in the same build: it is matched as well', async () => {
    const base = {
      ours: workload('web', { namespace: 'shop', replicas: 1 }),
      theirs: workload('web', { namespace: 'default', replicas: 1 }),
    };
    const built = await builtAfterApply({ base, components, dsos: [SHOP] });
    expect(built).toMatchObject({ 'Deployment default/web': 7 });
  });

  it('of the member by targetNamespace', async () => {
    const base = {
      ours: workload('web', { namespace: 'shop-eu', replicas: 1 }),
      theirs: workload('web', { namespace: 'shop', replicas: 1 }),
    };
    const fleet = { base, components, dsos: [{ ...SHOP, targetNamespace: 'shop-eu' }] };
    expect(await builtAfterApply(fleet)).toEqual({ 'Deployment shop-eu/web': 7, 'Deployment shop/web': 1 });
  });
});

describe('wiring', () => {
  it('a Component without a count builds, and leaves the count of the base', async () => {
    const fleet = {
      base: { web: workload('web', { replicas: 3 }) },
      dsos: [WEB],
      configuration: { firstSight: 'wait' },
    };
    expect(await builtAfterApply(fleet)).toEqual({ 'Deployment web': 3 });
  });

  it('an index serves every DSO of the namespace', async () => {
    const base = {
      web: workload('web', { replicas: 1 }),
      api: workload('api'),
      db: workload('db', { kind: 'StatefulSet', replicas: 1 }),
    };
    const dsos = [WEB, { name: 'api', target: { name: 'api' } }];
    expect(await builtAfterApply({ base, dsos })).toEqual({
      'Deployment web': 7,
      'Deployment api': 7,
      'StatefulSet db': 1,
    });
  });

  it('a name that YAML would read as a number is listed as a text', async () => {
    const base = { web: workload('web', { replicas: 1 }) };
    const dsos = [{ name: '1e3', target: { name: 'web' } }];
    expect(await builtAfterApply({ base, dsos })).toEqual({ 'Deployment web': 7 });
  });

  it('the directory of one DSO serves that one alone', async () => {
    const base = { web: workload('web', { replicas: 1 }), api: workload('api', { replicas: 1 }) };
    const fleet = {
      base,
      components: ['../../scaling/members/one/default/web'],
      dsos: [WEB, { name: 'api', target: { name: 'api' } }],
    };
    expect(await builtAfterApply(fleet)).toEqual({ 'Deployment web': 7, 'Deployment api': 1 });
  });

  it('every line that the product prints builds', async () => {
    const world = new World({ members: ['one'] }, {});
    world.dso({ ...WEB, members: { one: 1 } });
    world.metric('web', 35);
    const { out } = await world.run('apply');
    const [, component = ''] = /components:\n\s+- (\S+)/.exec(out) ?? [];
    const fleet = { base: { web: workload('web', { replicas: 1 }) }, components: [component], dsos: [WEB] };
    expect(await builtAfterApply(fleet)).toEqual({ 'Deployment web': 7 });
  });
});
