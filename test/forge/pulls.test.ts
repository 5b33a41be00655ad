import { describe, expect, it } from 'vitest';
import { branch, forgeSite, newPull } from './forge-site.ts';

describe('the list of pull requests', () => {
  it('holds those from branches of ours in this repository, and none else', async () => {
    const { forge, standIn } = await forgeSite();
    const { repository } = standIn;
    branch(standIn, 'feature', { 'a.txt': 'a' });
    repository.open({ head: 'feature', base: 'main', title: 'theirs', body: '', author: 'alice' });
    const fork = { head: 'dso-gitops/web', headOwner: 'mallory', headOid: repository.bare.tip('feature') ?? '' };
    repository.open({ ...fork, base: 'main', title: 'from a fork', body: '', author: 'mallory' });
    await forge.create(newPull({ labels: ['scaling'], isDraft: true }));
    expect(await forge.pulls(null)).toEqual({
      closed: [],
      isUnchanged: false,
      open: [
        {
          number: 3,
          nodeId: 'PR_77_3',
          url: 'https://github.test/acme/fleet/pull/3',
          state: 'open',
          title: 'scale default/web 2 -> 4',
          body: 'why',
          labels: ['scaling'],
          isDraft: true,
          author: 'dso-bot',
          isAutoMergeArmed: false,
          head: 'dso-gitops/web',
          headOid: repository.bare.tip('dso-gitops/web'),
          base: 'main',
          mergeOid: null,
          createdAt: Date.UTC(2026, 5, 1, 12),
          updatedAt: Date.UTC(2026, 5, 1, 12),
          closedAt: null,
          mergedAt: null,
        },
      ],
    });
  });

  it('costs one request that does not count while nothing changes', async () => {
    const { forge, standIn, counted, clock } = await forgeSite();
    standIn.repository.open({ head: 'dso-gitops/web', base: 'main', title: 't', body: '', author: 'dso-bot' });
    const first = await forge.pulls(clock.now);
    counted.length = 0;
    const { remaining } = standIn;
    for (let look = 0; look < 3; look += 1) {
      clock.now += 60_000;
      expect(await forge.pulls(clock.now)).toEqual({ ...first, isUnchanged: true });
    }
    expect(counted.map(({ status }) => status)).toEqual([304, 304, 304]);
    expect(standIn.remaining).toBe(remaining);
  });

  it('tells by one more request what people have done', async () => {
    const { forge, standIn, counted, clock } = await forgeSite();
    const { repository } = standIn;
    const start = clock.now;
    branch(standIn, 'dso-gitops/api', { 'scaling/api.yaml': 'replicas: 1\n' });
    const [web, api] = [await forge.create(newPull()), await forge.create(newPull({ head: 'dso-gitops/api' }))];
    await forge.pulls(start);
    counted.length = 0;
    clock.now += 5000;
    const merged = repository.merge(web.pull.number, 'squash', 'alice');
    repository.close(api.pull.number, 'bob');
    const { open, closed } = await forge.pulls(start);
    expect(open).toEqual([]);
    expect(closed).toMatchObject([
      { number: 2, state: 'closed', mergeOid: null, closedAt: start + 5000, mergedAt: null },
      { number: 1, state: 'merged', mergeOid: merged, closedAt: start + 5000, mergedAt: start + 5000 },
    ]);
    expect(counted).toHaveLength(1);
    expect((await forge.pulls(start + 5001)).closed).toEqual([]);
  });

  it('follows pages, at first and after many changes', async () => {
    const { forge, standIn, clock, counted } = await forgeSite();
    const { repository } = standIn;
    const tip = branch(standIn, 'dso-gitops/many', { 'a.txt': 'a' });
    for (let count = 0; count < 130; count += 1)
      repository.open({
        head: 'dso-gitops/many',
        base: `b${count}`,
        title: 't',
        body: '',
        author: 'dso-bot',
        headOid: tip,
      });
    clock.now += 600_000;
    repository.touch(repository.pull(130));
    expect((await forge.pulls(null)).open).toHaveLength(130);
    clock.now += 3_600_000;
    for (const pull of repository.pulls.slice(0, 110)) repository.touch(pull, { title: 'changed' });
    counted.length = 0;
    const { open } = await forge.pulls(null);
    expect(open.filter(({ title }) => title === 'changed')).toHaveLength(110);
    expect(counted).toHaveLength(2);
  });

  it('reads closed ones of longer ago when it is asked for them later', async () => {
    const { forge, standIn, clock } = await forgeSite();
    const start = clock.now;
    const { pull } = await forge.create(newPull());
    standIn.repository.close(pull.number);
    clock.now += 86_400_000;
    expect((await forge.pulls(clock.now)).closed).toEqual([]);
    expect((await forge.pulls(start)).closed).toMatchObject([{ number: pull.number }]);
  });

  it('knows at once what it has written itself', async () => {
    const { forge, clock } = await forgeSite();
    await forge.pulls(clock.now);
    const { pull } = await forge.create(newPull());
    expect((await forge.pulls(clock.now)).open).toMatchObject([{ number: pull.number }]);
    await forge.close(pull.number, 'nothing is left to change');
    expect(await forge.pulls(clock.now)).toMatchObject({
      open: [],
      closed: [{ number: pull.number, state: 'closed' }],
    });
  });

  it('keeps what it knows when a look fails half way', async () => {
    const { forge, standIn, clock, failure } = await forgeSite();
    const { pull } = await forge.create(newPull());
    await forge.pulls(clock.now);
    clock.now += 1000;
    standIn.repository.close(pull.number);
    const end = standIn.faults.add({ on: /pulls/, answer: { status: 502, body: 'Bad Gateway' } });
    expect(await failure(forge.pulls(clock.now - 1000))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
    end();
    expect(await forge.pulls(clock.now - 1000)).toMatchObject({
      open: [],
      closed: [{ state: 'closed' }],
      isUnchanged: false,
    });
  });
});
