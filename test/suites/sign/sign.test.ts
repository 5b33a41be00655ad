import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BareRepository } from '../../repository/bare-repository.ts';
import { wrapGit } from '../../repository/git-wrapper.ts';
import { findSecrets, textsOfError } from '../../repository/secrets.ts';
import { countOf, World } from '../../scenarios/world.ts';
import { EMAIL, makeSigningKey, type TestKey } from './keys.ts';

const PASSPHRASE = 'c0rrect horse  $battery';
const DEMAND = 'every commit must carry a signature';

/** A world whose host takes no commit that a key did not sign, on no ref. */
function setUp(format: TestKey['format'], passphrase = '') {
  const world = new World();
  const key = makeSigningKey(format, join(world.directory, 'keys'), passphrase);
  demandSignatures(world.home, [key]);
  const sign = (signing: object, rest: object = {}): void =>
    world.configure({
      destinations: [
        {
          repository: 'fleet.git',
          author: { name: 'Scaling Bot', email: EMAIL },
          signing: { format, keyFile: key.keyFile, ...signing },
          ...rest,
        },
      ],
    });
  sign({});
  world.dso({ name: 'a' });
  world.metric('a', 20);
  return { world, key, sign };
}

function demandSignatures(remote: BareRepository, keys: readonly TestKey[]): void {
  const checks = keys.map(({ git, environment }) => {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    return `env ${variables.join(' ')} ${git} verify-commit $id 2>/dev/null`;
  });
  const script = `while read before id ref; do ${checks.join(' || ')} || { echo '${DEMAND}'; exit 1; }; done`;
  remote.hook('pre-receive', script);
}

function verify(remote: BareRepository, { git, environment }: TestKey, ref: string): void {
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', ...environment };
  execFileSync('sh', ['-c', `${git} --git-dir='${remote.directory}' verify-commit ${ref}`], { stdio: 'pipe', env });
}

/** The commit object without its signature. */
function unsigned(remote: BareRepository, ref: string): string {
  return remote.git('cat-file', 'commit', ref).replace(/^gpgsig .*\n(?: .*\n)*/m, '');
}

interface Said {
  readonly out: string;
  readonly err: string;
}

/** Words of what was said, whatever the width of the terminal. */
function wordsOf({ out, err }: Said): string {
  return (out + err).replaceAll(/\s+/g, ' ');
}

/** What was said as it was, and its words: a line may end within a secret. */
function outputOf(said: Said): readonly string[] {
  return [said.out, said.err, wordsOf(said)];
}

/** Where the passphrase or the key is, of all places that outlive a push. */
function leaks(world: World, key: TestKey, texts: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const secrets = [PASSPHRASE, PASSPHRASE.replaceAll(/\s+/g, ' '), readFileSync(key.keyFile, 'utf8')];
  const directories = [join(world.directory, 'cache'), world.home.directory];
  return findSecrets(secrets, { directories, texts });
}

/** Processes whose command line names a path. */
function processesOf(path: string): readonly string[] {
  const list = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { stdio: 'pipe' }).toString();
  return list.split('\n').filter((line) => line.includes(path));
}

describe.each(['ssh', 'openpgp'] as const)('commits signed with %s', (format) => {
  it('land where unsigned ones are refused, on the branch and beside it', async () => {
    const { world, key, sign } = setUp(format);
    world.configure({});
    const refused = await world.run('apply');
    expect(refused.code).toBe(1);
    expect(wordsOf(refused)).toContain(DEMAND);
    expect([...world.home.refs().keys()]).toEqual(['refs/heads/main']);
    sign({});
    const landed = await world.run('apply');
    expect(landed.code, wordsOf(landed)).toBe(0);
    expect(countOf(world.home, 'one', 'a')).toBe(2);
    const refs = [...world.home.refs().keys()];
    expect(refs).toHaveLength(2);
    for (const ref of refs) verify(world.home, key, ref);
  });

  it('are but for the signature those that would be unsigned', async () => {
    const [plain, { world }] = [new World(), setUp(format)];
    plain.configure({ destinations: [{ repository: 'fleet.git', author: { name: 'Scaling Bot', email: EMAIL } }] });
    plain.dso({ name: 'a' });
    plain.metric('a', 20);
    await plain.run('apply');
    await world.run('apply');
    expect(world.home.tip()).not.toBe(plain.home.tip());
    expect(unsigned(world.home, 'main')).toBe(unsigned(plain.home, 'main'));
    expect(unsigned(world.home, 'main')).toContain(`author Scaling Bot <${EMAIL}> ${world.now / 1000 - 15} +0000`);
  });

  it.each(['file', 'environment'])('with a passphrase from %s, which stays nowhere', async (place) => {
    const { world, key, sign } = setUp(format, PASSPHRASE);
    const passphraseFile = join(world.directory, 'passphrase');
    writeFileSync(passphraseFile, `${PASSPHRASE}\n`);
    const wrapper = wrapGit(world.directory, undefined, ['gpg', 'ssh-keygen']);
    const memory = join(world.directory, 'run');
    mkdirSync(memory);
    Object.assign(world.environment, { PATH: wrapper.path, PHRASE: PASSPHRASE, XDG_RUNTIME_DIR: memory });
    sign(place === 'file' ? { passphraseFile } : { passphraseEnvironment: 'PHRASE' });
    const landed = await world.run('apply');
    expect(landed.code, wordsOf(landed)).toBe(0);
    verify(world.home, key, 'main');
    const processes = wrapper.processes();
    expect(processes.join('\n')).toContain(format === 'ssh' ? '-Y sign' : '--detach-sign');
    expect(leaks(world, key, { arguments: processes, output: outputOf(landed) })).toEqual([]);
    const left = [memory, join(world.directory, 'cache')].flatMap((one) => readdirSync(one));
    expect(left.filter((name) => !/\.git(\.lock)?$/.test(name))).toEqual([]);
    await expect.poll(() => processesOf(memory), { timeout: 10_000 }).toEqual([]);
  });

  it('take a key that was rotated at once, without a restart', async () => {
    const { world, key } = setUp(format);
    await world.tick();
    const next = makeSigningKey(format, join(world.directory, 'next'), '');
    copyFileSync(next.keyFile, key.keyFile);
    if (format === 'ssh') copyFileSync(next.publicFile, `${key.keyFile}.pub`);
    demandSignatures(world.home, [next]);
    world.metric('a', 40);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(4);
    verify(world.home, next, 'main');
    verify(world.home, key, 'main~1');
  });

  it('cost no process where signing is off', async () => {
    const { world, sign } = setUp(format);
    world.home.hook('pre-receive', 'exit 0');
    const wrapper = wrapGit(world.directory, undefined, ['gpg', 'ssh-keygen']);
    world.environment['PATH'] = wrapper.path;
    const other = world.repository('other.git');
    world.configure({ destinations: [{ repository: 'other.git' }] });
    await world.run('apply');
    expect(countOf(other, 'one', 'a')).toBe(2);
    const plain = wrapper.argv().length;
    expect(wrapper.processes().join('\n')).not.toMatch(/commit-tree|ssh-keygen|gpg|--import/);
    sign({});
    await world.run('apply');
    // For the commit and for the state: commit-tree and what it calls; a keyring is made and tried once.
    expect(wrapper.argv().length - 2 * plain).toBe(format === 'ssh' ? 2 : 4);
    const called = wrapper.processes().filter((line) => /^(ssh-keygen -Y sign|gpg .*-bsau) /.test(line));
    expect(called).toHaveLength(2);
  });

  const keyIs = (text: string) => (key: TestKey) => writeFileSync(key.keyFile, text);
  const refusals: readonly (readonly [string, string, object, (key: TestKey, world: World) => unknown, string])[] = [
    ['a key that is not there', '', { keyFile: '/nonexistent/key' }, () => null, 'expected'],
    ['a key that cannot be read', '', { keyFile: '/' }, () => null, 'make the file readable'],
    ['a public key', '', {}, ({ keyFile, publicFile }) => copyFileSync(publicFile, keyFile), 'found'],
    ['a text that is no key', '', {}, keyIs('hello, I am no key\n'), 'found no key'],
    ['a key of the other format', '', { format: format === 'ssh' ? 'openpgp' : 'ssh' }, () => null, 'signing.format'],
    ['a damaged key', '', {}, ({ keyFile }) => damage(keyFile), 'check the key'],
    ['a key with a passphrase, and none given', PASSPHRASE, {}, () => null, 'set signing.passphraseFile'],
    ['a wrong passphrase', 'another one', { passphraseEnvironment: 'PHRASE' }, () => null, 'passphrase in PHRASE'],
    ['a passphrase that is not set', '', { passphraseEnvironment: 'NONE' }, () => null, 'NONE is not set'],
    ['a passphrase file that is not there', '', { passphraseFile: '/nonexistent/p' }, () => null, '/nonexistent/p'],
    ['no program to sign with', '', {}, (_, world) => withoutSigner(world), 'install'],
  ];

  it.each(refusals)('%s: nothing is pushed, and it says what to do', async (_name, phrase, signing, change, words) => {
    const { world, key, sign } = setUp(format, phrase);
    world.home.hook('pre-receive', 'exit 0');
    world.environment['PHRASE'] = PASSPHRASE;
    sign(signing);
    change(key, world);
    const before = world.home.refs();
    const result = await world.run('apply');
    expect(result.code).toBe(1);
    expect(wordsOf(result)).toContain(words);
    expect(world.home.refs()).toEqual(before);
    const { destinations } = await world.tick();
    const reasons = ['SigningKeyMissing', 'SigningFailed', 'CredentialMissing'];
    expect(destinations.map(({ error }) => error?.kind)).toEqual(['act']);
    expect(reasons).toContain(destinations[0]?.error?.reason);
    expect(world.home.refs()).toEqual(before);
    const errors = destinations.flatMap(({ error }) => textsOfError(error));
    expect(leaks(world, key, { errors, output: outputOf(result) })).toEqual([]);
  });

  it('in a cache whose path is long', async () => {
    const { world, key } = setUp(format);
    world.environment['DSO_GITOPS_CACHE'] = join(world.directory, 'c'.repeat(100));
    const landed = await world.run('apply');
    expect(landed.code, wordsOf(landed)).toBe(0);
    verify(world.home, key, 'main');
  });

  it('in several destinations at once, each with its key', async () => {
    const { world, key } = setUp(format);
    const other = world.repository('other.git');
    const second = makeSigningKey(format, join(world.directory, 'second'), '');
    demandSignatures(other, [second]);
    const author = { name: 'Scaling Bot', email: EMAIL };
    world.configure({
      destinations: [
        { repository: 'fleet.git', author, match: { members: ['one'] }, signing: { format, keyFile: key.keyFile } },
        { repository: 'other.git', author, signing: { format, keyFile: second.keyFile } },
      ],
    });
    const landed = await world.run('apply');
    expect(landed.code, wordsOf(landed)).toBe(0);
    verify(world.home, key, 'main');
    verify(other, second, 'main');
  });
});

it('a key of ssh that others can read is refused as ssh does', async () => {
  const { world, key } = setUp('ssh');
  chmodSync(key.keyFile, 0o644);
  const result = await world.run('apply');
  expect(result.code).toBe(1);
  expect(wordsOf(result)).toContain(`chmod 600 ${key.keyFile}`);
});

it('a key of ssh that was rotated without the public key beside it says so', async () => {
  const { world, key } = setUp('ssh');
  copyFileSync(makeSigningKey('ssh', join(world.directory, 'next'), '').keyFile, key.keyFile);
  const result = await world.run('apply');
  expect(result.code).toBe(1);
  expect(wordsOf(result)).toContain(`${key.keyFile}.pub belongs to another key`);
  rmSync(`${key.keyFile}.pub`);
  world.home.hook('pre-receive', 'exit 0');
  expect((await world.run('apply')).code).toBe(0);
});

it('an OpenPGP key that has expired is refused', async () => {
  const { world, sign } = setUp('openpgp');
  const expired = makeSigningKey('openpgp', join(world.directory, 'expired'), '', '20200101T000000');
  sign({ keyFile: expired.keyFile });
  const result = await world.run('apply');
  expect(result.code).toBe(1);
  expect(wordsOf(result)).toContain('Unusable secret key');
  expect(wordsOf(result)).toContain('that it has not expired');
});

it('a user id without a name, as images have them, is explained', async () => {
  const { world } = setUp('ssh');
  const bin = join(world.directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ssh-keygen'), "#!/bin/sh\necho 'No user exists for uid 65532' >&2\nexit 255\n", {
    mode: 0o755,
  });
  world.environment['PATH'] = `${bin}:${process.env['PATH']}`;
  const result = await world.run('apply');
  expect(result.code).toBe(1);
  expect(wordsOf(result)).toContain('add the id to /etc/passwd of the image');
});

it('an agent of ssh is not asked, not even one that never answers', async () => {
  const { world, key } = setUp('ssh');
  const agent = createServer(() => undefined);
  const socket = join(world.directory, 'agent');
  await new Promise<void>((resolve) => agent.listen(socket, resolve));
  onTestFinished(() => void agent.close());
  world.environment['SSH_AUTH_SOCK'] = socket;
  expect((await world.run('apply')).code).toBe(0);
  verify(world.home, key, 'main');
});

function damage(file: string): void {
  const text = readFileSync(file, 'utf8');
  const middle = Math.floor(text.length / 2);
  writeFileSync(file, `${text.slice(0, middle)}AAAAAAAAAAAA${text.slice(middle + 12)}`);
}

/** What the product needs, without ssh-keygen and gpg. */
function withoutSigner(world: World): void {
  const bin = join(world.directory, 'few');
  mkdirSync(bin);
  for (const directory of (process.env['PATH'] ?? '').split(':'))
    for (const name of ['git', 'sh'])
      if (existsSync(join(directory, name)) && !existsSync(join(bin, name)))
        symlinkSync(join(directory, name), join(bin, name));
  world.environment['PATH'] = bin;
}
