import { execFileSync } from 'node:child_process';
import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnsLabel, DnsName, DsoName } from '../../src/api/names.ts';
import { parseConfiguration } from '../../src/config/load.ts';
import { Destination } from '../../src/config/schema.ts';
import { holdPath } from '../../src/manifests/hold.ts';
import { indexPath, overlayPath, recordPath } from '../../src/manifests/layout.ts';
import { importStream } from '../../src/repository/fast-import.ts';
import { BareRepository } from '../repository/bare-repository.ts';
import { temporaryDirectory } from '../repository/temporary-directory.ts';
import { fuzzCases } from './cases.ts';
import { dnsLabel, dnsName, hostileText } from './hostile-text.ts';

const template = fc
  .array(
    fc.oneof(fc.constantFrom('{member}', '{namespace}', '{name}', '/', '.', '-', 'g', '.g', 'x', '..'), hostileText(2)),
    {
      maxLength: 9,
    },
  )
  .map((parts) => parts.join(''));
/** A good template with something put into it: most of what is accepted comes from here. */
const edited = fc
  .tuple(fc.constantFrom('{member}/{namespace}/{name}', 'm/{namespace}/{name}/{member}'), fc.nat(28), hostileText(1))
  .map(([text, at, inserted]) => `${text.slice(0, at)}${inserted}${text.slice(at)}`);

interface Given {
  readonly root: string;
  readonly path: string;
  readonly branch: string;
}

/** What the configuration makes of it; null: it is refused. */
function accepted(given: Partial<Given>): Given | null {
  const destinations = [{ repository: '/srv/fleet.git', ...given }];
  const file = { apiVersion: 'dso-gitops.dev/v1alpha1', kind: 'Configuration', source: { files: ['hub'] } };
  try {
    const text = JSON.stringify({ ...file, members: ['one'], destinations });
    return parseConfiguration(text, '/srv/dso-gitops.yaml').destinations[0] ?? null;
  } catch {
    return null;
  }
}

/** Why a path must not be written; null: it is good. */
function wrongWith(path: string, root: string): string | null {
  if (!path.startsWith(`${root}/`) || posix.normalize(path) !== path || posix.isAbsolute(path))
    return 'leaves the root';
  if (!/^[A-Za-z0-9._/-]+$/.test(path)) return 'has a character that no path of ours has';
  // As HFS and NTFS see it: case, invisible characters, short names, dots and spaces at the end.
  const segment = path
    .split('/')
    .find((one) => /^(\.{1,2}|\.?git(~\d+)?)$/i.test(one.replace(/[. ]+$/, '')) && one !== 'git');
  if (segment !== undefined) return `has the segment ${segment}`;
  return null;
}

const NAMES = fc.record({ member: dnsName, namespace: dnsLabel, name: dnsName });

function pathsOf(
  root: string,
  path: string,
  { member, namespace, name }: Record<'member' | 'namespace' | 'name', string>,
) {
  const layouts = (['component', 'helm-values'] as const).map((layout) => ({ root, path, layout, helmValuesKey: 'x' }));
  const overlays = layouts.flatMap((settings) => [
    overlayPath(settings, { member, namespace, name }),
    indexPath(settings, member, namespace),
  ]);
  return [...overlays, recordPath(root, namespace, name), holdPath(root, namespace, name)].filter(
    (one) => one !== null,
  );
}

describe('a name that is accepted', () => {
  it('as root, template, member, namespace or DSO leads to a path below the root', () => {
    const root = fc.oneof(hostileText(4), fc.constantFrom('scaling', 'a/b', 'a.b', '.x', 'Scaling'));
    let count = 0;
    fc.assert(
      fc.property(root, fc.oneof(template, edited), NAMES, (givenRoot, givenPath, names) => {
        const destination = accepted({ root: givenRoot, path: givenPath });
        if (!destination) return;
        count += 1;
        for (const path of pathsOf(destination.root, destination.path, names))
          expect(wrongWith(path, destination.root), path).toBeNull();
      }),
      fuzzCases(5),
    );
    expect(count).toBeGreaterThan(0);
  });

  it.each([
    ['member', DnsName],
    ['namespace', DnsLabel],
    ['DSO', DsoName],
  ])('as %s is a plain segment, whatever it was made of', (_what, schema) => {
    const text = fc.oneof(hostileText(), hostileText(2), fc.stringMatching(/^[a-z0-9.\-_A-Z\n]{1,260}$/));
    fc.assert(
      fc.property(text, (given) => {
        const { data } = schema.safeParse(given);
        if (data === undefined) return;
        expect(data).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
        expect(data).not.toContain('..');
        expect(Buffer.byteLength(`${data}`)).toBeLessThanOrEqual(253);
      }),
      fuzzCases(),
    );
  });

  it('as DSO fits into a file name with .yaml', () => {
    expect(DsoName.safeParse('x'.repeat(251)).success).toBe(false);
    expect(DsoName.safeParse('x'.repeat(250)).success).toBe(true);
  });

  it.each([
    { path: '{member}/{namespace}/.{name}' },
    { path: '{member}/{namespace}/.g{name}' },
    { path: 'decisions/{member}/{namespace}/{name}' },
    { path: 'holds/{member}/{namespace}/{name}' },
    { root: 'x'.repeat(256) },
    { root: 'a/.GIT/b' },
    { root: '.git' },
    { branch: 'HEAD' },
    { branch: 'refs/heads/main' },
    { branch: 'dso-gitops-state' },
    { branch: '--upload-pack=x' },
  ])('is none of %o', (given) => {
    expect(accepted({})).not.toBeNull();
    expect(accepted(given)).toBeNull();
  });
});

describe('git', () => {
  it('takes every branch that is accepted', () => {
    const good = new Set<string>(['main', 'a+b', 'release/1.2', '_x', 'a-', '0']);
    const text = fc.oneof(hostileText(3), fc.stringMatching(/^[A-Za-z0-9_./+-]{1,12}$/));
    fc.assert(
      fc.property(text, (given) => {
        const { data } = Destination.safeParse({ repository: '/srv/fleet.git', branch: given });
        if (data) good.add(data.branch);
      }),
      fuzzCases(5),
    );
    expect(good.size).toBeGreaterThan(10);
    for (const branch of [...good].slice(0, 60))
      expect(execFileSync('git', ['check-ref-format', '--branch', branch]).toString().trim()).toBe(branch);
  });

  it('imports and checks every path that is accepted', () => {
    const directory = temporaryDirectory();
    const repository = BareRepository.make(directory);
    const files = new Map<string, string>();
    const samples = fc.sample(fc.tuple(edited, NAMES), { numRuns: 2000, ...seedOf() });
    for (const [path, names] of samples) {
      const destination = accepted({ path });
      if (destination && files.size < 400)
        for (const one of pathsOf(`r${files.size}`, destination.path, names)) files.set(one, 'x\n');
    }
    expect(files.size).toBeGreaterThan(100);
    const author = { name: 'a', email: 'a@b' };
    const commit = { ref: 'refs/heads/main', parent: null, tree: null, author, time: 0, message: 'm\n', files };
    execFileSync('git', ['--git-dir=.', 'fast-import', '--quiet', '--done', '--date-format=raw'], {
      cwd: directory,
      input: [...importStream([commit])].join(''),
    });
    expect([...repository.paths()].sort()).toEqual([...files.keys()].sort());
    expect(repository.git('fsck', '--strict')).toBe('');
  });
});

function seedOf(): { readonly seed?: number } {
  const { seed } = fuzzCases();
  return seed === undefined ? {} : { seed };
}
