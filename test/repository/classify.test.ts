import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mustAct } from '../../src/errors.ts';
import { classifyGitError } from '../../src/repository/classify.ts';

const PUSH = { url: '', isLocal: false };

/** What Git 2.39 and the hosts say, as they say it. */
const SAID: readonly (readonly [string, string, string])[] = [
  [' ! [rejected]        main -> main (non-fast-forward)\nerror: failed to push some refs', 'retry', 'LostRace'],
  [' ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs', 'retry', 'LostRace'],
  [' ! [rejected]        x -> refs/dso-gitops/state/x (stale info)', 'retry', 'LostRace'],
  [
    " ! [remote rejected] main -> main (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
    'retry',
    'LostRace',
  ],
  [' ! [remote rejected] main -> main (incorrect old value provided)', 'retry', 'LostRace'],
  [' ! [remote rejected] main -> main (reference already exists)', 'retry', 'LostRace'],
  [' ! [remote rejected] main -> main (failed to update ref)', 'retry', 'LostRace'],
  [
    'remote: error: GH006: Protected branch update failed for refs/heads/main.\n ! [remote rejected] main -> main (protected branch hook declined)',
    'act',
    'ProtectedBranch',
  ],
  [
    'remote: error: GH013: Repository rule violations found for refs/heads/main.\n ! [remote rejected] main -> main (push declined due to repository rule violations)',
    'act',
    'ProtectedBranch',
  ],
  [
    'remote: GitLab: You are not allowed to push code to protected branches on this project.\n ! [remote rejected] main -> main (pre-receive hook declined)',
    'act',
    'ProtectedBranch',
  ],
  [' ! [remote rejected] main -> main (pre-receive hook declined)', 'act', 'HookDeclined'],
  [' ! [remote rejected] main -> main (hook declined)', 'act', 'HookDeclined'],
  [
    ' ! [remote rejected] main -> main (denying non-fast-forward refs/heads/main (you should pull first))',
    'act',
    'PushRefused',
  ],
  [
    'remote: error: GH003: Sorry, force-pushing to main is not allowed.\n ! [remote rejected] main -> main (pre-receive hook declined)',
    'act',
    'HookDeclined',
  ],
  [
    ' ! [remote rejected] main -> main (refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission)',
    'act',
    'PushRefused',
  ],
  [
    'remote: You can only push your own commits in this repository\n ! [remote rejected] main -> main (pre-receive hook declined)',
    'act',
    'HookDeclined',
  ],
  ["fatal: Authentication failed for 'https://example.com/x.git/'", 'act', 'AuthenticationFailed'],
  [
    "fatal: could not read Username for 'https://example.com': terminal prompts disabled",
    'act',
    'AuthenticationFailed',
  ],
  [
    'git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.',
    'act',
    'AuthenticationFailed',
  ],
  [
    "remote: Permission to org/fleet.git denied to bot.\nfatal: unable to access 'https://x/': The requested URL returned error: 403",
    'act',
    'PermissionDenied',
  ],
  [
    "remote: Write access to repository not granted.\nfatal: unable to access 'https://x/': The requested URL returned error: 403",
    'act',
    'PermissionDenied',
  ],
  ['Host key verification failed.\nfatal: Could not read from remote repository.', 'act', 'HostKeyUnknown'],
  [
    '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.\nfatal: Could not read from remote repository.',
    'act',
    'HostKeyUnknown',
  ],
  [
    "remote: Repository not found.\nfatal: repository 'https://github.com/org/none/' not found",
    'act',
    'RepositoryNotFound',
  ],
  [
    'ERROR: Repository not found.\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.',
    'act',
    'RepositoryNotFound',
  ],
  [
    "fatal: '/srv/none.git' does not appear to be a git repository\nfatal: Could not read from remote repository.",
    'act',
    'RepositoryNotFound',
  ],
  [
    "fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none CRLfile: none",
    'act',
    'CertificateRefused',
  ],
  [
    "fatal: unable to access 'https://x/': SSL certificate problem: self-signed certificate",
    'act',
    'CertificateRefused',
  ],
  ['fatal: write error: No space left on device', 'later', 'DiskFull'],
  ["fatal: unable to access 'https://x/': Could not resolve host: x", 'later', 'RemoteUnavailable'],
  ["fatal: unable to access 'https://x/': The requested URL returned error: 502", 'later', 'RemoteUnavailable'],
  ["fatal: unable to access 'https://x/': The requested URL returned error: 429", 'later', 'RemoteUnavailable'],
  [
    "fatal: unable to access 'https://x/': Failed to connect to x port 443 after 0 ms: Connection refused",
    'later',
    'RemoteUnavailable',
  ],
  [
    'error: RPC failed; curl 56 GnuTLS recv error\nfatal: early EOF\nfatal: fetch-pack: invalid index-pack output',
    'later',
    'RemoteUnavailable',
  ],
  ['fatal: the remote end hung up unexpectedly', 'later', 'RemoteUnavailable'],
  [
    'ssh: connect to host x port 22: Connection timed out\nfatal: Could not read from remote repository.',
    'later',
    'RemoteUnavailable',
  ],
  [
    'ssh: Could not resolve hostname x: Name or service not known\nfatal: Could not read from remote repository.',
    'later',
    'RemoteUnavailable',
  ],
  ['fatal: bad object HEAD', 'later', 'MirrorDamaged'],
  [
    "fatal: Unable to create '/m.git/shallow.lock': File exists.\n\nAnother git process seems to be running in this repository",
    'later',
    'MirrorDamaged',
  ],
];

const NOT_OF_THE_REMOTE: readonly (readonly [string, string, string])[] = [
  [
    "error: cannot lock ref 'refs/dso-gitops/tip': Unable to create '/m.git/refs/dso-gitops/tip.lock': File exists.",
    'later',
    'MirrorDamaged',
  ],
  ["fatal: unable to access 'https://x/': The requested URL returned error: 302", 'act', 'Redirected'],
  [
    "fatal: detected dubious ownership in repository at '/srv/fleet.git'\nfatal: Could not read from remote repository.",
    'act',
    'DubiousOwnership',
  ],
];

describe('the class of a failure', () => {
  it.each(SAID)('%s', (said, kind, reason) => {
    expect(classifyGitError(new Error(said), 'pushing', PUSH)).toMatchObject({ kind, reason });
  });

  it.each(NOT_OF_THE_REMOTE)('%s', (said, kind, reason) => {
    expect(classifyGitError(new Error(said), 'pushing', PUSH)).toMatchObject({ kind, reason });
  });

  it('says what failed and what Git said, on one line, with its cause', () => {
    const cause = new Error(' ! [rejected]\n   main -> main (fetch first)');
    const error = classifyGitError(cause, 'pushing to /srv/fleet.git', PUSH);
    expect(error.message).toMatch(
      /^pushing to \/srv\/fleet\.git failed: ! \[rejected\] main -> main \(fetch first\); /,
    );
    expect(error.cause).toBe(cause);
  });

  it('leaves an error of the product as it is', () => {
    const error = mustAct('PathNotOurs', 'x');
    expect(classifyGitError(error, 'pushing', PUSH)).toBe(error);
  });

  it('never fails and never grows without bound, whatever was said', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5000 }), (said) => {
        const error = classifyGitError(new Error(said), 'pushing', PUSH);
        expect(error.reason).toMatch(/^[A-Z][A-Za-z]+$/);
        expect(error.message.length).toBeLessThan(1000);
      }),
    );
  });
});

it('a banner before the message does not hide it', () => {
  const banner = 'This system is for authorised use only. '.repeat(40);
  const said = `${banner}\ngit@host: Permission denied (publickey).\nfatal: Could not read from remote repository.`;
  const error = classifyGitError(new Error(said), 'reading', PUSH);
  expect(error.reason).toBe('AuthenticationFailed');
  expect(error.message).toContain('Permission denied');
});
