import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gitEnvironment, isSsh, redact } from '../../src/repository/environment.ts';
import { errorOf, NO_CREDENTIALS } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const URL_HTTPS = 'https://git.example.com:8443/org/fleet.git';

describe('the environment of Git', () => {
  it('is built from nothing: no variable of the parent steers it', async () => {
    const parent = {
      PATH: '/bin',
      HOME: '/home/me',
      XDG_CONFIG_HOME: '/home/me/.config',
      GIT_DIR: '/elsewhere',
      GIT_SSH_COMMAND: 'evil',
      GIT_ASKPASS: 'evil',
      GIT_CONFIG_GLOBAL: '/evil',
      GIT_CONFIG_PARAMETERS: "'core.hooksPath=/evil'",
      GIT_TRACE: '/tmp/trace',
      EDITOR: 'evil',
      LANG: 'de_DE.UTF-8',
      LD_PRELOAD: '/evil.so',
      HTTPS_PROXY: 'http://proxy:3128',
    };
    const { variables, secrets } = await gitEnvironment(URL_HTTPS, NO_CREDENTIALS, '/mirror', parent);
    expect(variables).toMatchObject({
      PATH: '/bin',
      HOME: '/mirror',
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      HTTPS_PROXY: 'http://proxy:3128',
    });
    expect(JSON.stringify(variables)).not.toMatch(/evil|elsewhere|trace|de_DE|home\/me/);
    expect(secrets).toEqual([]);
  });

  it('carries a token as a header for the origin of the URL alone', async () => {
    const credentials = { ...NO_CREDENTIALS, username: 'bot', tokenEnvironment: 'TOKEN' };
    const { variables, secrets } = await gitEnvironment(URL_HTTPS, credentials, '/mirror', { TOKEN: ' abc\n' });
    expect(variables['GIT_CONFIG_KEY_0']).toBe('http.https://git.example.com:8443/.extraHeader');
    expect(variables['GIT_CONFIG_VALUE_0']).toBe(`Authorization: Basic ${Buffer.from('bot:abc').toString('base64')}`);
    expect(variables).not.toHaveProperty('TOKEN');
    expect(secrets).toContain('abc');
  });

  it('knows every form in which the password of a proxy could be repeated', async () => {
    const parent = { HTTPS_PROXY: 'http://b%40t:p%40ss%3Aword@proxy:3128', all_proxy: 'socks5://me:other-one@proxy' };
    const { secrets } = await gitEnvironment(URL_HTTPS, NO_CREDENTIALS, '/mirror', parent);
    const basic = Buffer.from('b@t:p@ss:word').toString('base64');
    const said = `CONNECT http://b%40t:p%40ss%3Aword@proxy p@ss:word ${basic} socks5h://me:other-one@proxy`;
    expect(redact(said, secrets)).toBe('CONNECT http://***@proxy *** *** socks5h://***@proxy');
  });

  it('names the certificates as Git knows them', async () => {
    const parent = { SSL_CERT_FILE: '/site/ca.pem', SSL_CERT_DIR: '/site/certs' };
    const { variables } = await gitEnvironment(URL_HTTPS, NO_CREDENTIALS, '/mirror', parent);
    expect(variables).toMatchObject({ GIT_SSL_CAINFO: '/site/ca.pem', GIT_SSL_CAPATH: '/site/certs' });
  });

  it('carries a proxy of the destination and a token side by side', async () => {
    const credentials = { ...NO_CREDENTIALS, tokenEnvironment: 'TOKEN', proxy: 'http://proxy:3128' };
    const { variables } = await gitEnvironment(URL_HTTPS, credentials, '/mirror', { TOKEN: 'abc', NO_PROXY: '*' });
    expect(variables).toMatchObject({
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'http.proxy',
      GIT_CONFIG_VALUE_0: 'http://proxy:3128',
      GIT_CONFIG_KEY_1: 'http.https://git.example.com:8443/.extraHeader',
    });
    expect(variables).not.toHaveProperty('NO_PROXY');
  });

  it('checks host keys, asks nobody over ssh and notices a dead connection', async () => {
    const credentials = { ...NO_CREDENTIALS, sshKeyFile: "/keys/it's", knownHostsFile: '/keys/known' };
    const { variables } = await gitEnvironment('git@example.com:org/fleet.git', credentials, '/mirror', {});
    const command = variables['GIT_SSH_COMMAND'] ?? '';
    for (const part of [
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile='"/keys/known"'`,
      'IdentitiesOnly=yes',
      "-i '/keys/it'\\''s'",
      'ConnectTimeout=20',
      'ServerAliveInterval=15',
      'ServerAliveCountMax=3',
    ]) {
      expect(command).toContain(part);
    }
  });

  it('says which credential is missing', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'empty'), '\n');
    const given = [
      [{ tokenEnvironment: 'FLEET_TOKEN' }, 'FLEET_TOKEN'],
      [{ tokenFile: join(directory, 'none') }, join(directory, 'none')],
      [{ tokenFile: join(directory, 'empty') }, join(directory, 'empty')],
    ] as const;
    for (const [credentials, words] of given) {
      const error = await errorOf(
        gitEnvironment(URL_HTTPS, { ...NO_CREDENTIALS, ...credentials }, '/mirror', { FLEET_TOKEN: ' ' }),
      );
      expect(error).toMatchObject({ kind: 'act', reason: 'CredentialMissing' });
      expect(error.message).toContain(words);
    }
  });

  it('knows what goes over ssh', () => {
    const urls = [
      'ssh://git@host/x',
      'git@host:x',
      'https://host/x',
      'https://me@host:8443/x',
      '/srv/a@b:c',
      './a@b:c',
      'file:///x',
      'fleet.git',
    ];
    expect(urls.filter(isSsh)).toEqual(['ssh://git@host/x', 'git@host:x']);
  });
});

describe('redaction', () => {
  // A token has at least 8 characters, so that no secret is a part of the marks that replace it.
  const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-.$&+/=\\'.split('')), minLength: 8, maxLength: 60 });

  it('leaves no token and no header in any text, however often and wherever they stand', () => {
    fc.assert(
      fc.property(token, fc.array(fc.oneof(fc.string(), fc.constantFrom('TOKEN', 'BASIC'))), (secret, parts) => {
        const basic = Buffer.from(`x-access-token:${secret}`).toString('base64');
        const text = parts.map((part) => (part === 'TOKEN' ? secret : part === 'BASIC' ? basic : part)).join('');
        const redacted = redact(text, [secret, basic]);
        expect(redacted.includes(secret) || redacted.includes(basic)).toBe(false);
      }),
    );
  });

  it('leaves a text without secrets as it is', () => {
    fc.assert(
      fc.property(token, fc.string({ unit: fc.constantFrom(...'qrst 56\n'.split('')) }), (secret, text) => {
        expect(redact(text, [secret, ''])).toBe(text);
      }),
    );
  });

  it('removes user and password from every URL', () => {
    const part = fc.string({ unit: fc.constantFrom(...'abc012%:._-'.split('')), minLength: 1 });
    fc.assert(
      fc.property(part, part, (user, password) => {
        const redacted = redact(`fatal: unable to access 'https://${user}:${password}@host/x/': 403`, []);
        expect(redacted).toBe("fatal: unable to access 'https://***@host/x/': 403");
      }),
    );
  });
});
