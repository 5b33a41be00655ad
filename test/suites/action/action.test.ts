import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TOKEN } from '../../forge/forge-site.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';
import { ActionSite, dso, metric } from './action-site.ts';

const OVERLAY = 'scaling/members/one/default/a/kustomization.yaml';

function countIn(site: ActionSite, path = OVERLAY): number {
  return Number(
    /value: (\d+)|count: (\d+)/
      .exec(site.standIn.repository.bare.read(path) ?? '')
      ?.slice(1)
      .join('') ?? NaN,
  );
}

describe('apply', () => {
  it('commits what is due on a schedule, and nothing the next time', async () => {
    const site = await ActionSite.start();
    const first = await site.run({ command: 'apply' });
    expect([first.code, first.annotations]).toEqual([0, []]);
    const { bare } = site.standIn.repository;
    expect(first.outputs).toMatchObject({ changed: 'true', commit: bare.tip(), total: '4', 'pull-request-number': '' });
    expect(JSON.parse(first.outputs['plan-json'] ?? '')).toMatchObject({
      dsos: [{ key: 'default/a', verdict: 'change' }],
    });
    expect(first.summary).toContain('| `default/a` | `one` | none -> 2 | 50 % |');
    expect(countIn(site)).toBe(2);
    expect([...bare.refs().keys()].some((ref) => ref.startsWith('refs/dso-gitops/'))).toBe(true);
    const second = await site.run({ command: 'apply' });
    expect([second.code, second.outputs['changed'], second.outputs['commit']]).toEqual([0, 'false', '']);
    expect(second.summary).toContain('No count was changed.');
  });

  it('opens a pull request where that is how changes are delivered', async () => {
    const site = await ActionSite.start({ delivery: 'pullRequest' });
    const { code, outputs, summary } = await site.run({ command: 'apply' });
    const url = 'https://github.test/acme/fleet/pull/1';
    expect([code, outputs['changed'], outputs['commit']]).toEqual([0, 'true', '']);
    expect(summary).toContain('### What is proposed\n\n');
    expect(summary).toContain('| `default/a` | `one` | none -> 2 |');
    expect(outputs).toMatchObject({ 'pull-request-number': '1', 'pull-request-url': url });
    expect(summary).toContain(url);
    expect(site.standIn.repository.pull(1)).toMatchObject({ author: 'dso-bot', state: 'open' });
  });

  it('takes a value that a dispatch carries', async () => {
    const site = await ActionSite.start();
    const inputs = { command: 'apply', 'set-metric': '\n default/a:value=60\n' };
    const { code, outputs } = await site.run(inputs, { eventName: 'workflow_dispatch' });
    expect([code, outputs['total'], countIn(site)]).toEqual([0, '12', 6]);
  });

  it('writes nothing where it is a dry run', async () => {
    const site = await ActionSite.start();
    const tip = site.standIn.repository.bare.tip();
    const { code, outputs } = await site.run({ command: 'apply', 'dry-run': 'true' });
    expect([code, outputs['changed'], site.standIn.repository.bare.tip()]).toEqual([0, 'true', tip]);
  });

  it('does what it can, and is red, where one of a hundred is broken', async () => {
    const site = await ActionSite.start();
    const names = Array.from({ length: 98 }, (_, index) => `b${index}`);
    const all = names.map((name) => ({ ...dso(name), ...metric(name, 20) }));
    const broken = (dso('broken')['dsos/broken.yaml'] ?? '')
      .replace('pollingInterval', 'polingInterval')
      .replace(/maxReplicaCount: \d+/, 'maxReplicaCount: many');
    site.commit(Object.assign({}, ...all, { 'dsos/broken.yaml': broken }));
    const { code, outputs, annotations } = await site.run({ command: 'apply' });
    expect([code, outputs['total']]).toEqual([1, String(99 * 4)]);
    const [own] = annotations.filter(({ file }) => file === 'dsos/broken.yaml');
    const line = broken.split('\n').findIndex((text) => text.includes('many')) + 1;
    expect(own).toMatchObject({ level: 'error', line, message: expect.stringContaining('maxReplicaCount') });
    expect(countIn(site, OVERLAY.replace('/a/', '/b97/'))).toBe(2);
  });

  it('may run twice at once', async () => {
    const site = await ActionSite.start();
    const ended = await Promise.all([site.run({ command: 'apply' }), site.run({ command: 'apply' })]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    const { bare } = site.standIn.repository;
    expect(bare.git('rev-list', '--count', 'main', '--', 'scaling').trim()).toBe('1');
  });

  it.each([
    ['missing', (ref: string) => ['update-ref', '-d', ref]],
    ['damaged', (ref: string, blob: string) => ['update-ref', ref, blob]],
  ])('goes on where the saved state is %s', async (_what, change) => {
    const site = await ActionSite.start();
    await site.run({ command: 'apply' });
    const { bare } = site.standIn.repository;
    const ref = [...bare.refs().keys()].find((one) => one.startsWith('refs/dso-gitops/')) ?? '';
    bare.git(...change(ref, bare.tip() ?? ''));
    site.commit(metric('a', 60));
    const { code, outputs } = await site.run({ command: 'apply' });
    expect([code, outputs['total'], countIn(site)]).toEqual([0, '12', 6]);
  });

  it('goes on where the saved state is of a newer version', async () => {
    const site = await ActionSite.start();
    await site.run({ command: 'apply' });
    const { bare } = site.standIn.repository;
    const ref = [...bare.refs().keys()].find((one) => one.startsWith('refs/dso-gitops/')) ?? '';
    const paths = bare.git('ls-tree', '-r', '--name-only', ref).trim().split('\n');
    const newer = bare.commit(Object.fromEntries(paths.map((path) => [path, 'form: 99\n'])), 'newer');
    bare.git('update-ref', ref, newer);
    bare.git('update-ref', '-d', 'refs/heads/newer');
    site.commit(metric('a', 60));
    const { code, outputs } = await site.run({ command: 'apply' });
    expect([code, outputs['total'], countIn(site)]).toEqual([0, '12', 6]);
  });

  it('leaves nothing half written when it is cancelled', async () => {
    const site = await ActionSite.start();
    const tip = site.standIn.repository.bare.tip();
    site.standIn.git.behave({ fault: 'silent', step: 'offer' });
    const started = (child: { kill: (signal: 'SIGINT') => void }): void => {
      setTimeout(() => child.kill('SIGINT'), 3000);
    };
    const { code } = await site.run({ command: 'apply' }, { started });
    expect([code === 0, site.standIn.repository.bare.tip()]).toEqual([false, tip]);
    site.standIn.git.behave({});
    expect((await site.run({ command: 'apply' })).code).toBe(0);
    expect(countIn(site)).toBe(2);
  });
});

describe('plan', () => {
  it('says in one comment of a pull request what it would do, and brings it in line', async () => {
    const site = await ActionSite.start();
    await site.run({ command: 'apply' });
    site.commit(metric('a', 60), 'more');
    const given = site.pullRequest('more');
    const { code, outputs, summary } = await site.run({ command: 'plan' }, given);
    expect([code, outputs['changed'], outputs['total']]).toEqual([0, 'true', '12']);
    const { comments } = site.standIn.repository.pull(1);
    expect(comments.map(({ body }) => body)).toEqual([
      expect.stringContaining('| `default/a` | `one` | 2 -> 6 | 50 % |'),
    ]);
    expect(summary).toContain('mermaid');
    expect(countIn(site)).toBe(2);
    comments.unshift({ by: 'mallory', body: comments[0]?.body ?? '' });
    site.commit({ ...metric('a', 80) }, 'more');
    const again = site.pullRequest('more');
    await site.run({ command: 'plan' }, { ...again, event: given.event ?? {} });
    expect(comments.map(({ body }) => /2 -> (\d+) \|/.exec(body)?.[1])).toEqual(['6', '8']);
  });

  it('names what is not valid at its line, and fails on it', async () => {
    const site = await ActionSite.start();
    const text = (dso('a')['dsos/a.yaml'] ?? '').replace(/weight: 1/, 'weight: -1');
    site.commit({ 'dsos/a.yaml': text }, 'bad');
    const { code, annotations } = await site.run({ command: 'plan' }, site.pullRequest('bad'));
    const line = text.split('\n').findIndex((one) => one.includes('-1')) + 1;
    expect(code).toBe(1);
    expect(annotations).toContainEqual({
      level: 'error',
      file: 'dsos/a.yaml',
      line,
      message: expect.stringContaining('weight'),
    });
  });

  it('says what cannot be read, once for a file, and what has no place', async () => {
    const site = await ActionSite.start();
    await site.run({ command: 'apply' });
    site.commit({ 'dsos/a.yaml': 'spec: [\n  a: {\nb' }, 'broken');
    const broken = await site.run({ command: 'plan' }, site.pullRequest('broken'));
    expect(broken.summary).toContain('No count changes. Not everything can be read.');
    expect(broken.summary).toContain('### Cannot be read\n\n- `dsos/a.yaml:');
    expect(broken.annotations.filter(({ file }) => file === 'dsos/a.yaml')).toHaveLength(1);
    const bounded = (dso('a')['dsos/a.yaml'] ?? '').replaceAll(/weight: 1/g, 'weight: 1\n      maxReplicas: 3');
    site.commit({ 'dsos/a.yaml': bounded, ...metric('a', 60) }, 'bounded');
    const { summary } = await site.run({ command: 'plan' }, site.pullRequest('bounded'));
    expect(summary).toContain('### Has no place\n\n- `default/a`: no member can take 6 replicas');
  });

  it('names what is wrong with the configuration at its line', async () => {
    const site = await ActionSite.start();
    const workspace = site.checkout();
    const file = join(workspace, 'dso-gitops.yaml');
    const text = readFileSync(file, 'utf8').replace('firstSight: write', 'firstSight: wrote');
    writeFileSync(file, text);
    site.commit(metric('a', 60), 'more');
    const { code, annotations } = await site.run({ command: 'plan' }, { ...site.pullRequest('more'), workspace });
    const [comment] = site.standIn.repository.pull(1).comments;
    expect(comment?.body).toContain('Nothing can be planned');
    const line = text.split('\n').findIndex((one) => one.includes('wrote')) + 1;
    expect([code, annotations[0]]).toEqual([1, expect.objectContaining({ file: 'dso-gitops.yaml', line })]);
  });

  it.each([
    ['change>50%', 1],
    ['change>300%', 0],
    ['change>7', 1],
    ['change>8, unplaced', 0],
    ['change > 150 %, unplaced', 1],
  ])('with fail-on %s ends with %i where a total goes from 4 to 12', async (failOn, expected) => {
    const site = await ActionSite.start();
    await site.run({ command: 'apply' });
    site.commit(metric('a', 60));
    expect((await site.run({ command: 'plan', 'fail-on': failOn })).code).toBe(expected);
  });

  it('of a fork is in the summary alone', async () => {
    const site = await ActionSite.start();
    site.commit(metric('a', 60), 'more');
    site.standIn.tokens.get(TOKEN)?.permissions.clear();
    const { code, annotations, summary } = await site.run({ command: 'plan' }, site.pullRequest('more', true));
    expect([code, annotations]).toEqual([0, [expect.objectContaining({ level: 'notice' })]]);
    expect(summary).toContain('none -> 6');
    expect(site.standIn.repository.pull(1).comments).toEqual([]);
  });
});

describe('GitHub Enterprise Server', () => {
  it('takes a plan and a pull request as github.com does', async () => {
    const settings = { enterprise: 'ghes-3.17', lacking: ['PullRequest.isInMergeQueue', 'Mutation.updateRefs'] };
    const site = await ActionSite.start({ delivery: 'pullRequest' }, settings);
    site.commit(metric('a', 60), 'more');
    expect((await site.run({ command: 'plan' }, site.pullRequest('more'))).code).toBe(0);
    expect(site.standIn.repository.pull(1).comments).toHaveLength(1);
    const { code, outputs } = await site.run({ command: 'apply' });
    expect([code, outputs['pull-request-number']]).toEqual([0, '2']);
  });
});

describe('verify', () => {
  it('is content with what was decided', async () => {
    const site = await ActionSite.start();
    await site.run({ command: 'apply' });
    const { code, summary } = await site.run({ command: 'verify' });
    expect([code, summary]).toEqual([0, expect.stringContaining('1 decision computed again')]);
  });

  it('names a change of an overlay by hand at its line, and nothing that was there before', async () => {
    const site = await ActionSite.start();
    await site.run({ command: 'apply' });
    const { bare } = site.standIn.repository;
    const two = OVERLAY.replace('/one/', '/two/');
    site.commit({
      [two]: (bare.read(two) ?? '').replace(/value: \d+|count: \d+/, (found) => found.replace(/\d+/, '9')),
    });
    const text = (bare.read(OVERLAY) ?? '').replace(/value: \d+|count: \d+/, (found) => found.replace(/\d+/, '7'));
    site.commit({ [OVERLAY]: text }, 'by-hand');
    const { code, annotations } = await site.run({ command: 'verify' }, site.pullRequest('by-hand'));
    const line = text.split('\n').findIndex((one) => /(value|count): 7/.test(one)) + 1;
    expect([code, annotations]).toEqual([1, [expect.objectContaining({ level: 'error', file: OVERLAY, line })]]);
    expect(annotations[0]?.message).toMatch(/^HandEdit: /);
  });

  it('takes no merge that the pull request brings for that of the host: what it forged is not its own base', async () => {
    const site = await ActionSite.start();
    await site.run({ command: 'apply' });
    const { bare } = site.standIn.repository;
    const text = (bare.read(OVERLAY) ?? '').replace(/value: \d+|count: \d+/, (found) => found.replace(/\d+/, '7'));
    const forged = site.commit({ [OVERLAY]: text }, 'forged');
    const main = site.commit({ 'README.md': 'more\n' });
    const tree = bare.git('merge-tree', '--write-tree', forged, main).trim();
    const who = ['-c', 'user.name=mallory', '-c', 'user.email=mallory@localhost'];
    const merge = bare.git(...who, 'commit-tree', tree, '-p', forged, '-p', main, '-m', 'merge main').trim();
    bare.git('update-ref', 'refs/heads/forged', merge);
    const given = { ...site.pullRequest('forged'), workspace: site.checkout(merge) };
    const { code, annotations } = await site.run({ command: 'verify' }, given);
    expect([code, annotations[0]?.message]).toEqual([1, expect.stringMatching(/^HandEdit: /)]);
  });

  it('says that a shallow checkout is not enough', async () => {
    const site = await ActionSite.start();
    await site.run({ command: 'apply' });
    site.commit(metric('a', 60), 'more');
    const given = site.pullRequest('more');
    const merge = site.standIn.repository.bare.git('rev-parse', 'refs/pull/1/merge').trim();
    const { code, log } = await site.run({ command: 'verify' }, { ...given, workspace: site.checkout(merge, 1) });
    expect([code, log]).toEqual([1, expect.stringContaining('fetch-depth: 0')]);
  });
});

describe('what is refused', () => {
  it.each([
    ['an unknown command', { command: 'aply' }, 'input command: expected one of plan, apply, verify; found "aply"'],
    [
      'a flag that is none',
      { command: 'plan', 'dry-run': 'yes' },
      'input dry-run: expected true or false; found "yes"',
    ],
    ['a bound that is none', { command: 'plan', 'fail-on': 'big' }, 'input fail-on: expected'],
    ['a metric that is none', { command: 'apply', 'set-metric': 'a=1' }, 'input set-metric: expected'],
    ['a configuration that is not there', { command: 'plan', config: 'x.yaml' }, 'there is no configuration x.yaml'],
    ['a shell in an input', { command: '$(touch hacked)' }, 'found "$(touch hacked)"'],
  ])('%s is named', async (_what, inputs, message) => {
    const site = await ActionSite.start();
    const { code, log } = await site.run(inputs);
    expect([code, log]).toEqual([1, expect.stringContaining(message)]);
  });

  it('a host that the token is not for does not get it', async () => {
    const site = await ActionSite.start({
      delivery: 'pullRequest',
      github: { repository: 'acme/fleet', apiUrl: 'https://127.0.0.1:1/api/v3' },
    });
    const { code, log } = await site.run({ command: 'plan' });
    expect([code, log]).toEqual([1, expect.stringContaining('a token in credentials')]);
    const named = await ActionSite.start({ credentials: { tokenEnvironment: 'INPUT_TOKEN' }, github: undefined });
    expect((await named.run({ command: 'apply' })).code).toBe(0);
    expect(named.standIn.git.authorizations.length).toBeGreaterThan(0);
  });

  it('what the configuration names as secrets is masked', async () => {
    const secrets = join(temporaryDirectory(), 'token');
    writeFileSync(secrets, `${TOKEN}\n`);
    const site = await ActionSite.start({
      credentials: { tokenEnvironment: 'FLEET_TOKEN' },
      github: { repository: 'acme/fleet', tokenFile: secrets },
    });
    const { code, log } = await site.run(
      { command: 'apply', token: '' },
      { environment: { FLEET_TOKEN: TOKEN, OTHER: 'not-named' } },
    );
    expect(code).toBe(0);
    expect(log.match(/^::add-mask::.*$/gm)).toEqual([`::add-mask::${TOKEN}`, `::add-mask::${TOKEN}`]);
  });

  it('a forge that refuses the token makes the job red, though nothing is to be written', async () => {
    const site = await ActionSite.start({ delivery: 'pullRequest' });
    site.standIn.tokens.clear();
    const { code, log, summary } = await site.run({ command: 'apply' });
    expect([code, log]).toEqual([1, expect.stringContaining('::error::AuthenticationFailed')]);
    expect(summary).toContain('No count was changed.');
  });

  it('a metric that is no number is named', async () => {
    const site = await ActionSite.start();
    const { code, annotations } = await site.run({ command: 'apply', 'set-metric': 'default/a:value=abc' });
    expect(code).toBe(1);
    expect(annotations).toContainEqual(
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('found "abc"') }),
    );
  });

  it('a change that a rule holds is not told as made', async () => {
    const rules = [{ name: 'all', when: {}, then: 'hold' }];
    const site = await ActionSite.start({ delivery: { rules } });
    const { summary } = await site.run({ command: 'apply' });
    expect(summary).not.toContain('none -> 2');
    expect(summary).toContain('ApprovalNeeded');
  });

  it('a token that may not push is told what to give', async () => {
    const site = await ActionSite.start();
    site.standIn.git.behave({ step: 'offer', status: 403 });
    const { code, log } = await site.run({ command: 'apply' });
    expect([code, log]).toEqual([1, expect.stringContaining('contents: write')]);
    expect(countIn(site)).toBeNaN();
  });

  it('a branch that is protected against the token is told what to change', async () => {
    const site = await ActionSite.start();
    const hooks = join(site.standIn.repository.bare.directory, 'hooks');
    mkdirSync(hooks, { recursive: true });
    const said = 'error: GH013: Repository rule violations found for refs/heads/main.';
    writeFileSync(join(hooks, 'update'), `#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "${said}"; exit 1; }\n`, {
      mode: 0o755,
    });
    const { code, log } = await site.run({ command: 'apply' });
    expect([code, log]).toEqual([1, expect.stringContaining('cannot be let past the rules of a branch')]);
    expect(countIn(site)).toBeNaN();
  });

  it('a repository where workflows may not open pull requests is told what to change', async () => {
    const site = await ActionSite.start({ delivery: 'pullRequest' });
    const message = 'GitHub Actions is not permitted to create or approve pull requests.';
    site.standIn.faults.add({ on: /^POST .*\/pulls$/, answer: { status: 403, body: { message } } });
    const { code, log } = await site.run({ command: 'apply' });
    expect([code, log]).toEqual([
      1,
      expect.stringContaining('Allow GitHub Actions to create and approve pull requests'),
    ]);
  });

  it('a commit of the default token starts no other workflow, which is said', async () => {
    const site = await ActionSite.start();
    expect((await site.run({ command: 'apply' })).log).toContain('starts no other workflow');
  });

  it('a token that may not comment is told what to give', async () => {
    const site = await ActionSite.start();
    site.commit(metric('a', 60), 'more');
    site.standIn.tokens.get(TOKEN)?.permissions.delete('pull_requests');
    const { code, log, summary } = await site.run({ command: 'plan' }, site.pullRequest('more'));
    expect([code, log]).toEqual([1, expect.stringContaining('pull-requests: write')]);
    expect(summary).toContain('none -> 6');
  });
});
