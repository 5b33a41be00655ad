import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ContentBudget } from '../../src/forge/content-budget.ts';
import { listen } from '../repository/http-server.ts';
import { forgeSite, newPull, TOKEN } from './forge-site.ts';
import { failed, type Reply } from './stand-in/reply.ts';

const ANY = /./;
const NOW = Date.UTC(2026, 5, 1, 12);

describe('a refusal says what to do and where', () => {
  it('a revoked token, and the new one is used without a restart', async () => {
    const { forge, standIn, failure, environment } = await forgeSite();
    standIn.tokens.delete(TOKEN);
    const error = await failure(forge.repository());
    expect(error).toMatchObject({ kind: 'act', reason: 'AuthenticationFailed' });
    expect(error.message).toMatch(
      /Bad credentials; the token was revoked or has ended: make a new one at .*\/settings\/personal-access-tokens/,
    );
    standIn.grant('ghp_theNextS3cretT0ken');
    environment['FORGE_TOKEN'] = 'ghp_theNextS3cretT0ken\n';
    expect(await forge.repository()).toMatchObject({ fullName: 'acme/fleet' });
  });

  it('no token at all, or none on one line', async () => {
    const { forge, failure, environment, counted } = await forgeSite();
    delete environment['FORGE_TOKEN'];
    expect(await failure(forge.repository())).toMatchObject({ kind: 'act', reason: 'CredentialMissing' });
    environment['FORGE_TOKEN'] = `${TOKEN}\n${TOKEN}`;
    expect((await failure(forge.repository())).message).toMatch(
      /expected a token on one line in environment variable FORGE_TOKEN/,
    );
    expect(counted).toEqual([]);
  });

  it.each([
    [TOKEN, null, /permission Pull requests: write for acme\/fleet at .*\/settings\/personal-access-tokens/],
    ['ghp_aClassicS3cretT0ken', ['read:org'], /scope repo at .*\/settings\/tokens/],
    ['ghp_aClassicS3cretT0ken', ['repo'], /owner of the token write access to acme\/fleet/],
    ['ghs_aWorkflowS3cretT0ken', null, /the workflow the permission Pull requests: write under permissions:/],
  ])('a permission that %s with %j lacks', async (text, scopes, said) => {
    const { forge, standIn, failure, environment } = await forgeSite();
    standIn.grant(text, { permissions: new Set(), scopes });
    environment['FORGE_TOKEN'] = text;
    const error = await failure(forge.create(newPull()));
    expect(error).toMatchObject({ kind: 'act', reason: 'PermissionDenied' });
    expect(error.message).toMatch(said);
  });

  it('a permission that GraphQL wants', async () => {
    const { forge, standIn, failure } = await forgeSite();
    standIn.grant(TOKEN, { permissions: new Set(['pull_requests']) });
    const files = new Map([['a', 'a']]);
    const commit = forge.commit({
      branch: 'main',
      expectedOid: standIn.repository.bare.tip() ?? '',
      message: 'm',
      files,
    });
    expect(await failure(commit)).toMatchObject({ kind: 'act', reason: 'PermissionDenied' });
  });

  it.each<readonly [string, Reply, RegExp]>([
    [
      'SingleSignOnNeeded',
      failed(403, 'Resource protected by organization SAML enforcement.', {
        'x-github-sso': 'required; url=https://github.com/orgs/acme/sso?authorization_request=S3CRETsession',
      }),
      /"Configure SSO" beside the token \(https:\/\/github\.com\/orgs\/acme\/sso\)$/,
    ],
    [
      'PullRequestsByActionsOff',
      failed(403, 'GitHub Actions is not permitted to create or approve pull requests.'),
      /acme\/fleet\/settings\/actions/,
    ],
    ['ForgeRefused', failed(451, 'Repository unavailable due to DMCA takedown.'), /taken down/],
    ['ForgeRefused', failed(400, 'Problems parsing JSON'), /HTTP 400, Problems parsing JSON/],
  ])('%s', async (reason, answer, said) => {
    const { forge, standIn, failure } = await forgeSite();
    standIn.faults.add({ on: ANY, answer });
    const error = await failure(forge.create(newPull()));
    expect(error).toMatchObject({ kind: 'act', reason });
    expect(error.message).toMatch(said);
  });

  it('an archived repository takes no pull request, and its facts tell', async () => {
    const { forge, standIn, failure } = await forgeSite();
    standIn.repository.flags.isArchived = true;
    expect(await failure(forge.create(newPull()))).toMatchObject({ kind: 'act', reason: 'RepositoryArchived' });
    expect(await forge.repository()).toMatchObject({ isArchived: true });
  });

  it('a renamed repository is told with its new name, for reading and for writing', async () => {
    const { forge, standIn, failure } = await forgeSite();
    standIn.repository.formerNames.push('fleet');
    standIn.repository.name = 'armada';
    for (const call of [() => forge.repository(), () => forge.pulls(null), () => forge.create(newPull())]) {
      const error = await failure(call());
      expect(error).toMatchObject({ kind: 'act', reason: 'RepositoryRenamed' });
      expect(error.message).toMatch(/has moved to acme\/armada; put its new URL into the destination/);
    }
  });

  it('a repository that is not there, by REST and by GraphQL', async () => {
    const { accounts, settings, failure } = await forgeSite();
    const forge = await accounts.forge(settings, { owner: 'acme', name: 'nothing' });
    expect(await failure(forge.repository())).toMatchObject({ kind: 'act', reason: 'RepositoryNotFound' });
    expect(await failure(forge.review(1))).toMatchObject({ kind: 'act', reason: 'RepositoryNotFound' });
  });
});

describe('facts of the repository', () => {
  it('are kept while they do not change', async () => {
    const { forge, standIn, counted } = await forgeSite();
    const facts = {
      id: 77,
      nodeId: 'R_77',
      fullName: 'acme/fleet',
      isRenamed: false,
      defaultBranch: 'main',
      isArchived: false,
      canPush: true,
      allowsAutoMerge: true,
      mergeMethods: ['merge', 'squash', 'rebase'],
    };
    expect(await forge.repository()).toEqual(facts);
    expect(await forge.repository()).toEqual(facts);
    expect(counted.map(({ status }) => status)).toEqual([200, 304]);
    standIn.repository.flags.allowsAutoMerge = false;
    expect(await forge.repository()).toMatchObject({ allowsAutoMerge: false });
  });

  it('are less for who may not push', async () => {
    const { forge, standIn } = await forgeSite();
    standIn.grant(TOKEN, { permissions: new Set() });
    expect(await forge.repository()).toMatchObject({ canPush: false, allowsAutoMerge: null, mergeMethods: [] });
  });
});

describe('limits', () => {
  it.each<readonly [string, Reply, number]>([
    [
      'a secondary one that tells',
      failed(403, 'You have exceeded a secondary rate limit.', { 'retry-after': '90' }),
      90_000,
    ],
    [
      'a secondary one that does not',
      failed(403, 'You have exceeded a secondary rate limit.', { 'x-ratelimit-remaining': '77' }),
      60_000,
    ],
    ['too many requests', failed(429, 'slow down', { 'retry-after': '5', 'x-ratelimit-remaining': '77' }), 5000],
    ['one for ever', failed(429, 'never', { 'retry-after': '99999999', 'x-ratelimit-remaining': '77' }), 3_600_000],
  ])('%s: nothing is asked until then', async (_, answer, waitMs) => {
    const { forge, standIn, failure, counted, clock } = await forgeSite();
    const end = standIn.faults.add({ on: ANY, answer });
    const error = await failure(forge.repository());
    expect(error).toMatchObject({ kind: 'later', reason: 'RateLimited', until: NOW + waitMs });
    end();
    const asked = counted.length;
    clock.now += waitMs - 1;
    for (const call of [() => forge.pulls(null), () => forge.review(1), () => forge.create(newPull())])
      expect(await failure(call())).toMatchObject({ reason: 'RateLimited', until: NOW + waitMs });
    expect(counted).toHaveLength(asked);
    clock.now += 1;
    expect(await forge.repository()).toMatchObject({ fullName: 'acme/fleet' });
  });

  it('the primary one ends by the clock of GitHub, and leaves the other resource alone', async () => {
    const { forge, standIn, failure, clock } = await forgeSite();
    await forge.create(newPull());
    standIn.remaining = 0;
    // A clock that is an hour behind GitHub's.
    const before = clock.now;
    const skewed = {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String((NOW + 3_600_000) / 1000 + 600),
      'x-ratelimit-resource': 'core',
    };
    const date = new Date(NOW + 3_600_000).toUTCString();
    const end = standIn.faults.add({ on: ANY, answer: failed(403, 'API rate limit exceeded', { ...skewed, date }) });
    expect(await failure(forge.repository())).toMatchObject({ reason: 'RateLimited', until: before + 601_000 });
    end();
    standIn.remaining = 100;
    expect(await forge.review(1)).toMatchObject({ state: 'open' });
    expect(await failure(forge.repository())).toMatchObject({ reason: 'RateLimited' });
  });

  it('of GraphQL come with status 200', async () => {
    const { forge, standIn, failure } = await forgeSite();
    const errors = [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded for user ID 1.' }];
    const headers = {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(NOW / 1000 + 60),
      date: new Date(NOW).toUTCString(),
    };
    standIn.faults.add({ on: /graphql/, answer: { status: 200, body: { errors }, headers } });
    expect(await failure(forge.review(1))).toMatchObject({ kind: 'later', reason: 'RateLimited', until: NOW + 61_000 });
    expect(await forge.repository()).toMatchObject({ fullName: 'acme/fleet' });
  });

  it('of our own budget are shared by all repositories of a credential; reading goes on', async () => {
    const { forge, accounts, settings, failure, clock, counted } = await forgeSite();
    await forge.create(newPull());
    const other = await accounts.forge(settings, { owner: 'acme', name: 'other' });
    for (let count = 1; count < 80; count += 1) await failure(other.comment(1, 'x'));
    const asked = counted.length;
    expect(await failure(forge.comment(1, 'x'))).toMatchObject({
      kind: 'later',
      reason: 'BudgetSpent',
      until: NOW + 60_000,
    });
    expect(counted).toHaveLength(asked);
    expect((await forge.pulls(null)).open).toHaveLength(1);
    clock.now += 60_000;
    await forge.comment(1, 'x');
  });

  it('let 500 through in any hour', () => {
    const budget = new ContentBudget();
    const made: number[] = [];
    for (let now = 0; now < 7_200_000; now += 500) {
      try {
        budget.take(now, 'x');
        made.push(now);
      } catch (error) {
        expect(error).toMatchObject({ reason: 'BudgetSpent' });
      }
    }
    const most = (windowMs: number): number =>
      Math.max(...made.map((start) => made.filter((time) => time >= start && time < start + windowMs).length));
    expect([most(60_000), most(3_600_000), made.length]).toEqual([80, 500, 1000]);
  });
});

describe('a host that fails', () => {
  it('is asked twice for what only reads', async () => {
    const { forge, standIn, failure, counted } = await forgeSite();
    standIn.faults.add({ on: ANY, times: 1, answer: failed(500, 'oops') });
    expect(await forge.repository()).toMatchObject({ fullName: 'acme/fleet' });
    counted.length = 0;
    standIn.faults.add({ on: ANY, answer: failed(503, 'Service Unavailable') });
    expect(await failure(forge.pulls(null))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable', until: null });
    expect(counted).toHaveLength(2);
  });

  it('says nothing, or goes away', async () => {
    const { forge, standIn, failure, counted } = await forgeSite();
    standIn.faults.add({ on: ANY, answer: 'cut' });
    const error = await failure(forge.repository());
    expect(error).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
    expect(error.message).toMatch(/no answer from 127\.0\.0\.1/);
    expect(counted.map(({ status }) => status)).toEqual([0, 0]);
  });

  it('cannot hold what is ended', async () => {
    const { forge, standIn, failure, stop } = await forgeSite();
    standIn.faults.add({ on: ANY, answer: 'silent' });
    const asked = failure(forge.repository());
    setTimeout(() => stop.abort(), 50);
    expect(await asked).toMatchObject({ kind: 'later', reason: 'Aborted' });
  });

  it('is a proxy with a page of its own', async () => {
    const { forge, standIn, failure } = await forgeSite();
    standIn.faults.add({ on: ANY, answer: { status: 200, body: '<html>Log in</html>' } });
    expect(await failure(forge.repository())).toMatchObject({ kind: 'later', reason: 'AnswerUnreadable' });
    expect(await failure(forge.review(1))).toMatchObject({ kind: 'later', reason: 'AnswerUnreadable' });
  });

  it('repeats the secret it was given', async () => {
    const echo = createServer((request, response) => {
      const message = `${'x'.repeat(470)} you sent ${request.headers.authorization}\u001b[31m\nand more`;
      response
        .writeHead(422, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message, errors: [{ message }] }));
    });
    const apiUrl = `http://127.0.0.1:${await listen(echo)}`;
    const { forge, failure } = await forgeSite({ given: { apiUrl } });
    const calls = [
      () => forge.create(newPull()),
      () => forge.comment(1, 'x'),
      () => forge.repository(),
      () => forge.review(1),
    ];
    for (const call of calls) {
      const { message } = await failure(call());
      expect(message).toContain('you sent Bearer ***');
      expect(message).not.toContain('\u001b');
    }
  });
});
