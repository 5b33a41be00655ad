import { describe, expect, it } from 'vitest';
import { forgeSite, newPull } from './forge-site.ts';
import { failed } from './stand-in/reply.ts';

const MINUTE_MS = 60_000;

describe('a GitHub App', () => {
  it('finds its installation, and acts as its bot', async () => {
    const { forge, standIn } = await forgeSite({ isApp: true });
    const { pull } = await forge.create(newPull());
    expect(pull.author).toBe('fleet-scaler[bot]');
    expect(standIn.requests().slice(0, 2)).toEqual([
      'GET /repos/acme/fleet/installation 200',
      'POST /app/installations/99/access_tokens 201',
    ]);
  });

  it('commits by its bot, whose address GitHub knows', async () => {
    const { forge, counted } = await forgeSite({ isApp: true });
    const author = await forge.commitAuthor();
    expect(author?.name).toBe('fleet-scaler[bot]');
    expect(author?.email).toMatch(/^\d+\+fleet-scaler\[bot\]@users\.noreply\.github\.com$/);
    counted.length = 0;
    expect(await forge.commitAuthor()).toEqual(author);
    expect(counted).toEqual([]);
  });

  it('renews its token before the end, once for all that ask at once', async () => {
    const { forge, standIn, clock } = await forgeSite({ isApp: true });
    const minted = (): number => standIn.requests().filter((request) => request.includes('access_tokens')).length;
    const tokens = await Promise.all([forge.gitToken(), forge.gitToken(), forge.gitToken()]);
    expect(new Set(tokens).size).toBe(1);
    expect(minted()).toBe(1);
    clock.now += 49 * MINUTE_MS;
    expect(await forge.gitToken()).toBe(tokens[0]);
    clock.now += 2 * MINUTE_MS;
    const next = await forge.gitToken();
    expect(next).not.toBe(tokens[0]);
    expect(minted()).toBe(2);
    // Longer than any token lives, in steps shorter than that.
    for (let step = 0; step < 20; step += 1) {
      clock.now += 20 * MINUTE_MS;
      expect(await forge.repository()).toMatchObject({ fullName: 'acme/fleet' });
    }
  });

  it('goes on with what it has while there is no new one', async () => {
    const { forge, standIn, clock, failure } = await forgeSite({ isApp: true });
    const token = await forge.gitToken();
    standIn.faults.add({ on: /access_tokens/, answer: failed(500, 'oops') });
    clock.now += 55 * MINUTE_MS;
    expect(await forge.gitToken()).toBe(token);
    clock.now += 5 * MINUTE_MS;
    expect(await failure(forge.gitToken())).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
  });

  it('makes a new token after one was revoked', async () => {
    const { forge, standIn, failure } = await forgeSite({ isApp: true });
    standIn.tokens.delete(await forge.gitToken());
    expect(await failure(forge.repository())).toMatchObject({ reason: 'AuthenticationFailed' });
    expect(await forge.repository()).toMatchObject({ fullName: 'acme/fleet' });
  });

  it('says that it is not installed', async () => {
    const { accounts, settings, failure } = await forgeSite({ isApp: true });
    const other = await accounts.forge(settings, { owner: 'other', name: 'repo' });
    const error = await failure(other.repository());
    expect(error).toMatchObject({ kind: 'act', reason: 'AppNotInstalled' });
    expect(error.message).toMatch(/for other\/repo: there is no such installation; install the App there/);
  });

  it('says that its key is not one, or of another App', async () => {
    const { forge, environment, failure, standIn } = await forgeSite({ isApp: true });
    const key = environment['APP_KEY'] ?? '';
    environment['APP_KEY'] = key.slice(0, 300);
    const error = await failure(forge.repository());
    expect(error).toMatchObject({ kind: 'act', reason: 'CredentialMissing' });
    expect(error.message).toMatch(/expected a private key in PEM form in environment variable APP_KEY/);
    // As it stands on one line of a Secret.
    environment['APP_KEY'] = key.replaceAll('\n', String.raw`\n`);
    standIn.faults.add({ on: /installation$/, times: 1, answer: failed(401, 'A JSON web token could not be decoded') });
    const refused = await failure(forge.repository());
    expect(refused).toMatchObject({ kind: 'act', reason: 'AuthenticationFailed' });
    expect(refused.message).toMatch(/make a new private key in the settings of the App/);
    expect(await forge.repository()).toMatchObject({ fullName: 'acme/fleet' });
  });

  it('shares its token, its budget and its limits among repositories of one owner', async () => {
    const { accounts, settings, failure, forge, standIn } = await forgeSite({ isApp: true });
    const other = await accounts.forge(settings, { owner: 'acme', name: 'other' });
    // The installation has only one of them, and is found by it.
    expect(await failure(other.repository())).toMatchObject({ reason: 'RepositoryNotFound' });
    const token = await forge.gitToken();
    expect(await other.gitToken()).toBe(token);
    standIn.faults.add({ on: /./, times: 1, answer: failed(429, 'slow', { 'retry-after': '9' }) });
    expect(await failure(forge.repository())).toMatchObject({ reason: 'RateLimited' });
    expect(await failure(other.repository())).toMatchObject({ reason: 'RateLimited' });
  });

  it('asks for a permission where Apps are given it', async () => {
    const { forge, standIn, failure } = await forgeSite({ isApp: true });
    const token = standIn.tokens.get(await forge.gitToken());
    token?.permissions.delete('pull_requests');
    expect((await failure(forge.create(newPull()))).message).toMatch(
      /give the App the permission Pull requests: write in its settings .* then accept it in its installation/,
    );
  });
});

it('a token has no bot, and serves Git as it is', async () => {
  const { forge, environment } = await forgeSite();
  expect(await forge.commitAuthor()).toBeNull();
  expect(await forge.gitToken()).toBe(environment['FORGE_TOKEN']);
});
