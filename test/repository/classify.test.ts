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
  ['!\ta1b2:refs/heads/dso-gitops/default/dso/shop/ruleset/main\t[rejected] (stale info)', 'retry', 'LostRace'],
  ['!\ta1b2:refs/heads/dso-gitops/default/namespace/gh006/main\t[rejected] (stale info)', 'retry', 'LostRace'],
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
    'remote: error: GH013: Repository rule violations found for refs/heads/main.\nremote: - GITHUB PUSH PROTECTION\nremote:     Push cannot contain secrets\n ! [remote rejected] main -> main (push declined due to repository rule violations)',
    'act',
    'SecretFound',
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
  [
    "fatal: unable to access 'https://example.com/x/': Received HTTP code 407 from proxy after CONNECT",
    'act',
    'ProxyRefused',
  ],
  ["fatal: unable to access 'https://example.com/x/': CONNECT tunnel failed, response 403", 'act', 'ProxyRefused'],
  [
    "fatal: unable to access 'https://example.com/x/': CONNECT tunnel failed, response 502",
    'later',
    'RemoteUnavailable',
  ],
  ["fatal: unable to access 'https://example.com/x/': Could not resolve proxy: p", 'later', 'RemoteUnavailable'],
  [
    "fatal: unable to access 'https://example.com/x/': SSL: no alternative certificate subject name matches target host name 'example.com'",
    'act',
    'CertificateRefused',
  ],
  [
    "fatal: unable to access 'https://example.com/x/': error setting certificate file: /ca.pem",
    'act',
    'CertificateRefused',
  ],
  [
    "fatal: unable to access 'https://example.com/x/': Problem with the SSL CA cert (path? access rights?)",
    'act',
    'CertificateRefused',
  ],
  [
    'No user exists for uid 65532\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.',
    'act',
    'UserMissing',
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
  [
    "fatal: sha1 file 'objects/pack/tmp_pack_YpiwB3' write error. Out of diskspace\nfatal: Unexpected checksum for objects/pack/tmp_pack_YpiwB3 (disk corruption?)",
    'later',
    'DiskFull',
  ],
  [
    "error: cannot lock ref 'refs/dso-gitops/tip': Unable to create '/m.git/refs/dso-gitops/tip.lock': No space left on device",
    'later',
    'DiskFull',
  ],
  ["fatal: unable to access 'https://x/': Could not resolve host: x", 'later', 'RemoteUnavailable'],
  ["fatal: unable to access 'https://x/': The requested URL returned error: 502", 'later', 'RemoteUnavailable'],
  ["fatal: unable to access 'https://x/': The requested URL returned error: 429", 'later', 'RateLimited'],
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

/** Refusals as the hosts word them, in the whole output of a push. */
const REFUSED: readonly (readonly [string, string, string, string])[] = [
  [
    'GitHub, a ruleset that demands signatures',
    'remote: error: GH013: Repository rule violations found for refs/heads/main.        \nremote: Review all repository rules at https://github.com/org/fleet/rules?ref=refs%2Fheads%2Fmain\nremote: \nremote: - Commits must have verified signatures.        \nremote:   Found 1 violation:\nremote: \nremote:   027faa7121ee9df79db623e1a2848d2cc88a8dba\nremote: \n ! [remote rejected] HEAD -> main (push declined due to repository rule violations)',
    'act',
    'SignatureRequired',
  ],
  [
    'GitHub, a protected branch that demands signatures',
    'remote: error: GH006: Protected branch update failed for refs/heads/main.\nremote: - Commits must have verified signatures.\n ! [remote rejected] main -> main (protected branch hook declined)',
    'act',
    'SignatureRequired',
  ],
  [
    'GitLab, push rule "reject unsigned commits", before 16',
    'remote: GitLab: Commit must be signed with a GPG key\n ! [remote rejected] main -> main (pre-receive hook declined)',
    'act',
    'SignatureRequired',
  ],
  [
    'GitLab, push rule "reject unsigned commits"',
    'remote: GitLab: Commit must be signed\n ! [remote rejected] main -> main (pre-receive hook declined)',
    'act',
    'SignatureRequired',
  ],
  [
    'Gitea',
    'remote: Gitea: Branch main is protected from unverified commit 027faa7121ee9df79db623e1a2848d2cc88a8dba\n ! [remote rejected] main -> main (pre-receive hook declined)',
    'act',
    'SignatureRequired',
  ],
  [
    'Forgejo',
    'remote: Forgejo: branch main is protected from unverified commit 027faa7121ee9df79db623e1a2848d2cc88a8dba\n ! [remote rejected] main -> main (pre-receive hook declined)',
    'act',
    'SignatureRequired',
  ],
  [
    'a hook of a site that demands signatures',
    'remote: unsigned commits are not accepted here\n ! [remote rejected] main -> main (pre-receive hook declined)',
    'act',
    'SignatureRequired',
  ],
  [
    'GitHub, a ruleset that demands pull requests',
    'remote: error: GH013: Repository rule violations found for refs/heads/main.\nremote: - Changes must be made through a pull request.\n ! [remote rejected] main -> main (push declined due to repository rule violations)',
    'act',
    'ProtectedBranch',
  ],
  [
    'Gitea, a protected branch',
    'remote: Gitea: Not allowed to push to protected branch main\n ! [remote rejected] main -> main (pre-receive hook declined)',
    'act',
    'ProtectedBranch',
  ],
  [
    'Azure DevOps, a branch policy',
    ' ! [remote rejected] main -> main (TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.)',
    'act',
    'ProtectedBranch',
  ],
  [
    'Azure DevOps, a right that is missing',
    " ! [remote rejected] main -> main (TF401027: You need the Git 'GenericContribute' permission to perform this action. Details: identity 'x', scope 'branch'.)",
    'act',
    'PermissionDenied',
  ],
  [
    'GitHub, a deploy key that only reads',
    'ERROR: The key you are authenticating with has been marked as read only.\nfatal: Could not read from remote repository.',
    'act',
    'PermissionDenied',
  ],
  [
    'GitLab, a deploy key that only reads',
    'remote: ERROR: This deploy key does not have write access to this project.\nfatal: Could not read from remote repository.',
    'act',
    'PermissionDenied',
  ],
  [
    'Bitbucket, an access key that only reads',
    'repository access denied. access via a deployment key is read-only.\nfatal: Could not read from remote repository.',
    'act',
    'PermissionDenied',
  ],
  [
    'Gitea, a user that only reads',
    'Gitea: User permission denied for writing.\nfatal: Could not read from remote repository.',
    'act',
    'PermissionDenied',
  ],
  [
    'GitHub, a repository that is archived',
    'ERROR: This repository was archived so it is read-only.\nfatal: Could not read from remote repository.',
    'act',
    'PermissionDenied',
  ],
  [
    'GitHub, a secondary limit, which comes as 403',
    "remote: You have exceeded a secondary rate limit. Please wait a few minutes before you try again.\nfatal: unable to access 'https://x/': The requested URL returned error: 403",
    'later',
    'RateLimited',
  ],
  [
    'GitLab, too many requests',
    "remote: Retry later\nfatal: unable to access 'https://x/': The requested URL returned error: 429",
    'later',
    'RateLimited',
  ],
  [
    'too many requests at the push itself',
    'error: RPC failed; HTTP 429 curl 22 The requested URL returned error: 429\nfatal: the remote end hung up unexpectedly',
    'later',
    'RateLimited',
  ],
  [
    'Azure DevOps, too many requests',
    "remote: TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'RateLimit'.\nfatal: unable to access 'https://x/': The requested URL returned error: 403",
    'later',
    'RateLimited',
  ],
  [
    'a host on this machine whose disk is full',
    'fatal: failed to write to /srv/f.git/shallow_9dPyW8: No space left on device\nfatal: the remote end hung up unexpectedly',
    'later',
    'HostDiskFull',
  ],
  [
    'a host whose disk is full',
    'remote: fatal: write error: No space left on device\nerror: remote unpack failed: index-pack abnormal exit\n ! [remote rejected] main -> main (unpacker error)',
    'later',
    'HostDiskFull',
  ],
];

const NOT_OF_THE_REMOTE: readonly (readonly [string, string, string])[] = [
  [
    "error: cannot lock ref 'refs/dso-gitops/tip': Unable to create '/m.git/refs/dso-gitops/tip.lock': File exists.",
    'later',
    'MirrorDamaged',
  ],
  ['error: dst refspec refs/heads/main matches more than one', 'act', 'AmbiguousRef'],
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

  it.each(REFUSED)('%s', (_host, said, kind, reason) => {
    const error = classifyGitError(new Error(said), 'pushing', PUSH);
    expect(error).toMatchObject({ kind, reason });
    expect(error.message).toMatch(/; [a-z][^;]+$/);
  });

  it('is not of words in the path of the repository, which a host repeats without the rest of the URL', () => {
    const said = "fatal: '/srv/GH006 rate limit.git' does not appear to be a git repository";
    for (const url of ['ssh://git@host:22/srv/GH006 rate limit.git', 'git@host:/srv/GH006 rate limit.git']) {
      expect(classifyGitError(new Error(said), 'reading', { url, isLocal: false }).reason).toBe('RepositoryNotFound');
    }
  });

  it('says what failed and what Git said, on one line, with its cause', () => {
    const cause = new Error(' ! [rejected]\n   main -> main (fetch first)');
    const error = classifyGitError(cause, 'pushing to /srv/fleet.git', PUSH);
    expect(error.message).toMatch(
      /^pushing to \/srv\/fleet\.git failed: ! \[rejected\] main -> main \(fetch first\); /,
    );
    expect(error.cause).toBe(cause);
  });

  it('repeats no password of a URL', () => {
    const error = classifyGitError(new Error('early EOF'), 'reading https://user:password@host/x.git', PUSH);
    expect(error.message).toMatch(/^reading https:\/\/\*\*\*@host\/x\.git failed: early EOF; /);
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
