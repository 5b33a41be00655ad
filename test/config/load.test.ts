import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Configuration, loadConfiguration, parseConfiguration } from '../../src/config/load.ts';
import { messageOf, ProductError } from '../../src/errors.ts';
import { EVERY_KEY } from './every-key.ts';

const HEAD = `apiVersion: dso-gitops.dev/v1alpha1
kind: Configuration
source:
  files: [hub]
members: [member-1, member-2]
`;

describe('the configuration', () => {
  it('is read with every key', () => {
    const configuration = load(EVERY_KEY);
    expect(configuration).toMatchObject({
      file: '/fleet/dso-gitops.yaml',
      base: '/fleet',
      owner: 'platform',
      source: { kind: 'files', patterns: ['hub', 'more/**/*.yaml'] },
      members: { directories: 'clusters' },
      templates: '/fleet/templates',
      firstSight: 'write',
      demand: { tolerance: { up: 0.05, down: 0.05 } },
      workloads: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', replicasPath: '/spec/replicas' }],
    });
    expect(configuration.demand.ramp).not.toBeNull();
    expect(configuration.destinations[0]).toMatchObject({
      name: 'fleet',
      match: { namespaces: ['shop'], labels: { team: 'shop' }, members: ['member-1'] },
      url: 'https://git.example.com/fleet.git',
      isBranchCreated: true,
      layout: 'helm-values',
      helmValuesKey: 'web.replicaCount',
      author: { name: 'Scaling Bot', email: 'bot@example.com' },
      credentials: {
        username: 'bot',
        tokenEnvironment: 'FLEET_TOKEN',
        tokenFile: null,
        caFile: '/fleet/ca.pem',
        proxy: 'http://proxy.example.com:3128',
      },
      signing: {
        format: 'openpgp',
        keyFile: '/fleet/keys/secret.asc',
        passphraseEnvironment: null,
        passphraseFile: '/fleet/keys/passphrase',
      },
      minIntervalMs: 90_000,
    });
    expect(configuration.destinations[1]?.credentials.knownHostsFile).toBe('/fleet/known_hosts');
    expect(configuration.destinations[1]?.signing).toEqual({
      format: 'ssh',
      keyFile: join(homedir(), '.ssh/id_sign'),
      passphraseEnvironment: 'SIGNING_PASSPHRASE',
      passphraseFile: null,
    });
  });

  it('has defaults for all but what only the user knows', () => {
    const configuration = load(destinations('  - repository: fleet.git'));
    expect(configuration).toMatchObject({
      owner: 'default',
      members: ['member-1', 'member-2'],
      firstSight: 'wait',
      demand: { ramp: null, tolerance: { up: 0.1, down: 0.1 } },
      workloads: [],
      destinations: [
        {
          name: 'destinations[0]',
          match: { namespaces: null, labels: {}, members: null },
          url: '/fleet/fleet.git',
          branch: 'main',
          isBranchCreated: false,
          root: 'scaling',
          path: 'members/{member}/{namespace}/{name}',
          layout: 'component',
          credentials: { caFile: null, proxy: null },
          signing: null,
          minIntervalMs: 10_000,
        },
      ],
    });
  });

  it('tells destinations apart by repository, branch and root', () => {
    const text = destinations(
      '  - repository: a.git',
      '  - repository: a.git\n    branch: next',
      '  - repository: b.git',
    );
    const ids = load(text).destinations.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(load(text).destinations.map(({ id }) => id)).toEqual(ids);
  });

  it.each([
    'https://git.example.com/a.git',
    'http://localhost:3000/a.git',
    'http://127.0.0.1:3000/a.git',
    'http://[::1]:3000/a.git',
  ])('sends a token to %s', (url) => {
    const text = destinations(`  - repository: "${url}"\n    credentials: {tokenEnvironment: TOKEN}`);
    expect(load(text).destinations[0]?.url).toBe(url);
  });

  it.each([
    ['https with an App', 'https://github.com/acme/fleet.git', '{app: {id: 1, privateKeyFile: k}}', true],
    ['https with a token', 'https://github.com/acme/fleet.git', '{tokenFile: t}', true],
    ['ssh', 'git@github.com:acme/fleet.git', '{tokenFile: t}', false],
    ['an Enterprise Server', 'https://git.example/acme/fleet.git', '{tokenFile: t}', true],
  ])('reads where the API is from %s', (_what, url, github, isForGit) => {
    const credentials = url.startsWith('git@') ? '\n    credentials: {knownHostsFile: k}' : '';
    const text = destinations(`  - repository: "${url}"\n    github: ${github}${credentials}`);
    const host = url.includes('github.com') ? 'https://api.github.com' : 'https://git.example/api/v3';
    expect(load(text).destinations[0]?.forge).toMatchObject({
      repository: { owner: 'acme', name: 'fleet' },
      github: { apiUrl: host, isPaced: true },
      isForGit,
    });
  });

  it('takes the token of credentials for the API, and keeps it for Git', () => {
    const text = destinations(
      '  - repository: https://github.com/acme/fleet.git\n    write: api\n    credentials: {tokenFile: t}',
    );
    expect(load(text).destinations[0]?.forge).toMatchObject({
      isForGit: false,
      github: { access: { token: { environment: null } } },
    });
  });

  it('says when there is no file', async () => {
    await expect(loadConfiguration('/nowhere/dso-gitops.yaml')).rejects.toMatchObject({
      reason: 'ConfigurationMissing',
    });
  });
});

describe('a configuration that is refused', () => {
  it.each([
    [
      'a misspelled key',
      '  - repository: a.git\n    brunch: main',
      ['8: destinations[0].brunch: unknown key "brunch"; did you mean "branch"?'],
    ],
    [
      'a misspelled key in a block',
      '  - repository: a.git\n    pacing: {minIntervall: 10s}',
      ['8: destinations[0].pacing.minIntervall: unknown key "minIntervall"; did you mean "minInterval"?'],
    ],
    [
      'a member that is none in a match',
      '  - repository: a.git\n    match: {members: [member-3]}',
      ['8: destinations[0].match.members[0]: "member-3" is none of the members; did you mean "member-1"?'],
    ],
    [
      'a member that is none in a rule and in a freeze',
      '  - repository: a.git\n    delivery:\n      rules: [{name: up, when: {members: [prod]}, then: hold}]\n      freezes: [{name: ice, when: {members: [prod]}, window: {cron: "0 0 * * *", duration: 1h}}]',
      [
        '9: destinations[0].delivery.rules[0].when.members[0]: "prod" is none of the members; known: member-1, member-2',
        '10: destinations[0].delivery.freezes[0].when.members[0]: "prod" is none of the members; known: member-1, member-2',
      ],
    ],
    [
      'a misspelled key of a rule',
      '  - repository: a.git\n    delivery: {rules: [{name: up, when: {directon: up}, then: hold}]}',
      ['8: destinations[0].delivery.rules[0].when.directon: unknown key "directon"; did you mean "direction"?'],
    ],
    [
      'a user name in the URL',
      '  - repository: https://bot@git.example.com/a.git',
      ['7: destinations[0].repository: expected a URL without user name and password; put them into credentials'],
    ],
    [
      'a password in a URL of ssh',
      '  - repository: ssh://git:secret@git.example.com/a.git\n    credentials: {knownHostsFile: k}',
      ['7: destinations[0].repository: expected a URL without a password; use credentials.sshKeyFile'],
    ],
    [
      'a token of the API over plain http',
      '  - repository: fleet.git\n    delivery: pullRequest\n    github: {repository: acme/fleet, apiUrl: "http://git.example/api/v3", tokenEnvironment: TOKEN}',
      ['9: destinations[0].github.apiUrl: expected https: a token is not sent over plain http'],
    ],
    [
      'a token of the API that Git would send over plain http',
      '  - repository: http://git.example/acme/fleet.git\n    github: {apiUrl: "https://git.example/api/v3", tokenFile: t}',
      ['7: destinations[0].repository: expected https: a token is not sent over plain http'],
    ],
    [
      'commits by the API without a token',
      '  - repository: https://github.com/acme/fleet.git\n    write: api',
      [
        '7: destinations[0].github: expected tokenEnvironment, tokenFile or app here, or a token in credentials: the API is not used without',
      ],
    ],
    [
      'an App and a token',
      '  - repository: https://github.com/acme/fleet.git\n    github: {app: {id: 1, privateKeyFile: k}, tokenFile: t}',
      ['8: destinations[0].github: expected one of app, tokenEnvironment and tokenFile; found several'],
    ],
    [
      'a token over plain http',
      '  - repository: http://git.example.com/a.git\n    credentials: {tokenEnvironment: TOKEN}',
      ['7: destinations[0].repository: expected https: a token is not sent over plain http'],
    ],
    [
      'a token over http to a name like loopback',
      '  - repository: http://localhost.example.com/a.git\n    credentials: {tokenFile: t}',
      ['7: destinations[0].repository: expected https: a token is not sent over plain http'],
    ],
    [
      'a token with ssh',
      '  - repository: ssh://git@git.example.com/a.git\n    credentials: {tokenFile: t, knownHostsFile: k}',
      ['8: destinations[0].credentials: a token is used with https only; use sshKeyFile with ssh'],
    ],
    [
      'two tokens',
      '  - repository: https://git.example.com/a.git\n    credentials: {tokenFile: t, tokenEnvironment: T}',
      ['8: destinations[0].credentials: expected tokenEnvironment or tokenFile; found both'],
    ],
    [
      'certificates without https',
      '  - repository: ssh://git@git.example.com/a.git\n    credentials: {caFile: c, knownHostsFile: k}',
      ['8: destinations[0].credentials.caFile: certificates are used with https only; remove it'],
    ],
    [
      'a proxy with ssh',
      '  - repository: git@git.example.com:a.git\n    credentials: {knownHostsFile: k}\n    proxy: http://proxy:3128',
      ['9: destinations[0].proxy: a proxy is used with https only; remove it'],
    ],
    [
      'a proxy that is no URL',
      '  - repository: https://git.example.com/a.git\n    proxy: proxy.example.com',
      ['8: destinations[0].proxy: expected the URL of a proxy, such as http://proxy.example.com:3128'],
    ],
    [
      'a proxy with a user name',
      '  - repository: https://git.example.com/a.git\n    proxy: http://bot@proxy:3128',
      [
        '8: destinations[0].proxy: expected a URL without user name and password; a proxy that needs them goes into HTTPS_PROXY of the environment',
      ],
    ],
    [
      'signing without a key',
      '  - repository: a.git\n    signing: {format: ssh}',
      ['8: destinations[0].signing.keyFile: expected a text; found nothing'],
    ],
    [
      'signing in an unknown format',
      '  - repository: a.git\n    signing: {format: x509, keyFile: k}',
      ['8: destinations[0].signing.format: expected one of "ssh", "openpgp"; found "x509"'],
    ],
    [
      'two passphrases',
      '  - repository: a.git\n    signing: {format: ssh, keyFile: k, passphraseFile: p, passphraseEnvironment: P}',
      ['8: destinations[0].signing: expected passphraseEnvironment or passphraseFile; found both'],
    ],
    [
      'ssh without known hosts',
      '  - repository: ssh://git@git.example.com/a.git\n    credentials: {sshKeyFile: key}',
      [
        '8: destinations[0].credentials.knownHostsFile: is required with ssh; found nothing; write it with ssh-keyscan and compare the keys',
      ],
    ],
    [
      'the short form of ssh without known hosts',
      '  - repository: git@git.example.com:a.git',
      [
        '7: destinations[0].credentials.knownHostsFile: is required with ssh; found nothing; write it with ssh-keyscan and compare the keys',
      ],
    ],
    [
      'another transport',
      '  - repository: "ext::sh -c id"',
      ['7: destinations[0].repository: expected https, ssh, http, file or a path; found "ext::sh -c id"'],
    ],
    [
      'an option as a repository',
      '  - repository: --upload-pack=id',
      ['7: destinations[0].repository: expected https, ssh, http, file or a path; found "--upload-pack=id"'],
    ],
    [
      'an unknown scheme',
      '  - repository: ftp://git.example.com/a.git',
      ['7: destinations[0].repository: expected https, ssh, http, file or a path; found "ftp://git.example.com/a.git"'],
    ],
    [
      'a path without {member}',
      '  - repository: a.git\n    path: overlays/{namespace}/{name}',
      ['8: destinations[0].path: expected {member} in it; found "overlays/{namespace}/{name}"'],
    ],
    [
      'a path with an unknown place',
      '  - repository: a.git\n    path: "{member}/{namespace}/{name}/{cluster}"',
      ['8: destinations[0].path: unknown place {cluster}; known: {member}, {namespace}, {name}'],
    ],
    [
      'a path upwards',
      '  - repository: a.git\n    root: ../scaling',
      [
        '8: destinations[0].root: expected a relative path of letters, digits, "-", "_" and "."; found "../scaling"',
        '8: destinations[0].root: expected a path without ".", ".." and ".git"; found "../scaling"',
      ],
    ],
    [
      'a path into .git',
      '  - repository: a.git\n    root: a/.git/hooks',
      ['8: destinations[0].root: expected a path without ".", ".." and ".git"; found "a/.git/hooks"'],
    ],
    [
      'an absolute path',
      '  - repository: a.git\n    root: /etc',
      ['8: destinations[0].root: expected a relative path of letters, digits, "-", "_" and "."; found "/etc"'],
    ],
    [
      'a bad branch',
      '  - repository: a.git\n    branch: a..b',
      ['8: destinations[0].branch: expected a branch name such as main; found "a..b"'],
    ],
    [
      'a branch that is an option',
      '  - repository: a.git\n    branch: --force',
      ['8: destinations[0].branch: expected a branch name such as main; found "--force"'],
    ],
    [
      'two destinations with one root',
      '  - repository: a.git\n  - repository: a.git',
      [
        '8: destinations[1].root: expected a root apart from that of destinations[0] in the same repository and branch; found "scaling"',
      ],
    ],
    [
      'an unknown layout',
      '  - repository: a.git\n    layout: helm',
      ['8: destinations[0].layout: expected one of "component", "helm-values"; found "helm"'],
    ],
    [
      'a duration in words',
      '  - repository: a.git\n    pacing: {minInterval: soon}',
      ['8: destinations[0].pacing.minInterval: expected a duration with its unit, such as 10s or 5m; found "soon"'],
    ],
    [
      'an author with a line break',
      '  - repository: a.git\n    author: {name: "a\\nb", email: a@b}',
      ['8: destinations[0].author.name: expected a name without < > and line breaks; found "a\\nb"'],
    ],
    [
      'a rule that waits for nothing',
      '  - repository: a.git\n    delivery: {rules: [{name: x, then: wait}]}',
      [
        '8: destinations[0].delivery.rules[0].until: is required with wait: the window that is waited for; found nothing',
      ],
    ],
    [
      'a rule that pushes and waits',
      '  - repository: a.git\n    delivery: {rules: [{name: x, then: push, until: {cron: "0 9 * * *", duration: 1h}}]}',
      ['8: destinations[0].delivery.rules[0].until: is for wait only, and this rule says push; remove it'],
    ],
    [
      'two rules of one name',
      '  - repository: a.git\n    delivery: {rules: [{name: x, then: push}, {name: x, then: hold}]}',
      ['8: destinations[0].delivery.rules[1].name: expected another name than that of rules[0]; found "x"'],
    ],
    [
      'a window that never opens',
      '  - repository: a.git\n    delivery: {freezes: [{name: x, window: {cron: "0 0 31 2 *", duration: 1h}}]}',
      [
        '8: destinations[0].delivery.freezes[0].window.cron: expected five fields such as 0 9 * * 1-5; found "0 0 31 2 *": Something went wrong. No execution date was found in the next 8 years.',
      ],
    ],
    [
      'a window by no clock',
      '  - repository: a.git\n    delivery: {freezes: [{name: x, window: {cron: "0 9 * * *", duration: 1h, timeZone: Berlin}}]}',
      [
        '8: destinations[0].delivery.freezes[0].window.timeZone: expected a name such as Europe/Berlin; found "Berlin": Invalid timezone.',
      ],
    ],
    [
      'a window that is shut before it opens',
      '  - repository: a.git\n    delivery: {freezes: [{name: x, window: {from: 2026-02-01T00:00:00Z, to: 2026-01-01T00:00:00Z}}]}',
      [
        '8: destinations[0].delivery.freezes[0].window.to: expected a time after 2026-02-01T00:00:00Z; found 2026-01-01T00:00:00Z',
      ],
    ],
    [
      'a range that holds nothing',
      '  - repository: a.git\n    delivery: {rules: [{name: x, then: hold, when: {percent: {min: 9, max: 3}}}]}',
      ['8: destinations[0].delivery.rules[0].when.percent.max: expected at least min, which is 9; found 3'],
    ],
    [
      'an action that there is not',
      '  - repository: a.git\n    delivery: {rules: [{name: x, then: pull}]}',
      [
        '8: destinations[0].delivery.rules[0].then: expected one of "push", "pullRequest", "hold", "wait"; found "pull"',
      ],
    ],
  ])('%s', (_, destination, problems) => {
    expect(problemsOf(destinations(destination))).toEqual(problems.map((problem) => `dso-gitops.yaml:${problem}`));
  });

  it('says all of it at once, each with its line', () => {
    const text = `${HEAD.replace('members:', 'firstsight: write\nmembers:').replace('[hub]', '[]')}destinations:
  - repository: https://bot:secret@git.example.com/a.git
    layout: components
  - repository: git@git.example.com:b.git
`;
    expect(problemsOf(text)).toEqual([
      'dso-gitops.yaml:4: source.files: expected at least 1 item; found []',
      'dso-gitops.yaml:9: destinations[0].layout: expected one of "component", "helm-values"; found "components"',
      'dso-gitops.yaml:5: firstsight: unknown key "firstsight"; did you mean "firstSight"?',
      'dso-gitops.yaml:10: destinations[1].credentials.knownHostsFile: is required with ssh; found nothing; write it with ssh-keyscan and compare the keys',
    ]);
  });

  it('never repeats a password', () => {
    for (const scheme of ['https', 'ftp', 'HTTPS', 'ssh', 'ext::https']) {
      const problems = problemsOf(destinations(`  - repository: "${scheme}://bot:secret@git.example.com/a.git"`));
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.join('\n')).not.toContain('secret');
    }
    const repository = '  - repository: https://git.example.com/a.git';
    for (const proxy of [
      'http://bot:secret@proxy:3128',
      'bot:secret@proxy',
      'socks5://bot:secret@proxy',
      'secret proxy',
    ]) {
      const problems = problemsOf(destinations(`${repository}\n    proxy: "${proxy}"`));
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.join('\n')).not.toContain('secret');
    }
  });

  it.each([
    [
      '{directorys: x}',
      [
        '5: members.directories: expected a text; found nothing',
        '5: members.directorys: unknown key "directorys"; did you mean "directories"?',
      ],
    ],
    [
      '{directories: /x}',
      ['5: members.directories: expected a relative path of letters, digits, "-", "_" and "."; found "/x"'],
    ],
    ['[]', ['5: members: expected at least 1 item; found []']],
    ['member-1', ['5: members: expected a list or a map of keys; found "member-1"']],
    ['[member-1, member-1]', ['5: members[1]: expected every member once; found "member-1" again; remove it']],
    ['[member-1, 2]', ['5: members[1]: expected a text; found 2; put it in quotes']],
  ])('explains members: %s', (members, problems) => {
    const text = destinations('  - repository: a.git').replace('[member-1, member-2]', members);
    expect(problemsOf(text)).toEqual(problems.map((problem) => `dso-gitops.yaml:${problem}`));
  });

  it.each([
    ['an empty file', '', ['1: expected one YAML document of kind Configuration; found 0']],
    ['a comment alone', '# later\n', ['1: expected one YAML document of kind Configuration; found 0']],
    ['two documents', `${HEAD}---\n${HEAD}`, ['7: expected one YAML document of kind Configuration; found 2']],
    ['a text', 'hello\n', ['1: expected a map of keys; found "hello"']],
    [
      'another version',
      destinations('  - repository: a.git').replace('v1alpha1', 'v1'),
      ['1: apiVersion: expected "dso-gitops.dev/v1alpha1"; found "dso-gitops.dev/v1"'],
    ],
  ])('%s', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems.map((problem) => `dso-gitops.yaml:${problem}`));
  });

  it('says where the YAML is broken', () => {
    const problems = problemsOf(`${HEAD}destinations: [\n  - repository: a\n`);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(/^dso-gitops\.yaml:\d+: broken YAML: /);
  });

  it('says where a key stands twice', () => {
    expect(problemsOf(`${HEAD}kind: Configuration\n`)).toEqual([
      expect.stringMatching(/^dso-gitops\.yaml:6: broken YAML: .*unique/),
    ]);
  });
});

function destinations(...entries: readonly string[]): string {
  return `${HEAD}destinations:\n${entries.join('\n')}\n`;
}

function load(text: string): Configuration {
  return parseConfiguration(text, resolve('/fleet/dso-gitops.yaml'), 'dso-gitops.yaml');
}

function problemsOf(text: string): readonly string[] {
  try {
    load(text);
    return [];
  } catch (error) {
    if (!(error instanceof ProductError)) throw error;
    expect(error).toMatchObject({ kind: 'act', reason: 'ConfigurationInvalid' });
    return error.message.split('\n');
  }
}

describe('what would make two things one', () => {
  const problemsOf = (text: string): string => {
    try {
      load(text);
      return '';
    } catch (error) {
      return messageOf(error);
    }
  };
  const two = (one: string, other: string): string => `${HEAD}destinations:\n  - ${one}\n  - ${other}\n`;

  it('the same repository written in two ways', () => {
    expect(problemsOf(two('repository: ./f.git', 'repository: f.git'))).toContain(
      'destinations[1].root: expected a root apart',
    );
  });

  it('a root below another', () => {
    const text = two('{repository: f.git, root: a}', '{repository: f.git, root: a/b}');
    expect(problemsOf(text)).toContain('destinations[1].root: expected a root apart');
  });

  it('destinations of one branch that are written in two ways', () => {
    const differing = (more: string) =>
      problemsOf(two('{repository: f.git, root: a}', `{repository: f.git, root: b, ${more}}`));
    const author = 'author: {name: another, email: another@example.com}';
    expect(differing(author)).toContain('destinations[1].author: expected the same as destinations[0] has');
    expect(differing('pacing: {minInterval: 1h}')).toContain('destinations[1].pacing');
    expect(differing('pacing: {minInterval: 10s}')).toBe('');
    expect(differing(`branch: other, ${author}`)).toBe('');
  });

  it('two destinations of one name, each with its line', () => {
    const text = two('{repository: a.git, name: fleet}', '{repository: b.git, name: fleet}');
    expect(problemsOf(text)).toMatch(
      /^\S+:8: destinations\[1\]\.name: expected another name than that of destinations\[0\]; found "fleet"$/,
    );
    expect(problemsOf(two('repository: a.git', '{repository: b.git, name: fleet}'))).toBe('');
  });

  it('two places in one segment', () => {
    const text = `${HEAD}destinations:\n  - {repository: f.git, path: '{member}-{namespace}-{name}'}\n`;
    expect(problemsOf(text)).toContain('expected at most one place in each segment');
  });

  it('a place in the root', () => {
    expect(problemsOf(`${HEAD}destinations:\n  - {repository: f.git, root: 'x/{member}'}\n`)).toContain(
      'without places',
    );
  });

  it('files and a cluster as the source', () => {
    const text = `${HEAD}destinations:\n  - repository: f.git\n`.replace(
      '  files: [hub]',
      '  files: [hub]\n  kubernetes: {}',
    );
    expect(problemsOf(text)).toContain('source: expected files or kubernetes; found both');
  });

  it('members from a Secret without a cluster', () => {
    const text = `${HEAD}destinations:\n  - repository: f.git\n`.replace(/members: .*/, 'members: {secret: {}}');
    expect(problemsOf(text)).toContain('needs source.kubernetes');
  });
});
