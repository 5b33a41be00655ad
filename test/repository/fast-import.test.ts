import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobId } from '../../src/manifests/blob.ts';
import { importStream, parseImport } from '../../src/repository/fast-import.ts';
import { BareRepository } from './bare-repository.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const AUTHOR = { name: 'Jürgen Writer', email: 'writer@example.com' };
const BASE = {
  ref: 'refs/heads/main',
  parent: null,
  tree: null,
  author: AUTHOR,
  time: 1_767_225_600_000,
  message: 'scale\n',
};

function feed(remote: BareRepository, stream: Iterable<string>): string {
  const args = ['--git-dir=.', 'fast-import', '--quiet', '--force', '--done', '--date-format=raw'];
  return execFileSync('git', args, { cwd: remote.directory, input: [...stream].join('') }).toString();
}

describe('the stream for fast-import', () => {
  it('writes exactly the given bytes, whatever is in them', () => {
    const remote = BareRepository.make(join(temporaryDirectory(), 'x.git'));
    const content = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 5 }), content, (contents, message) => {
        const files = new Map(contents.map((text, index) => [`scaling/${index}/file.yaml`, text]));
        const [ids] = parseImport(feed(remote, importStream([{ ...BASE, message: `${message}\n`, files }])));
        const written = remote
          .git('ls-tree', '-r', '--format=%(objectname)', ids?.commit ?? '')
          .trim()
          .split('\n');
        expect(written).toEqual([...files.values()].map(blobId));
        expect(remote.git('rev-parse', `${ids?.commit}^{tree}`).trim()).toBe(ids?.tree);
      }),
      { numRuns: 25 },
    );
  });

  it('sends a text that many files have once', () => {
    const remote = BareRepository.make(join(temporaryDirectory(), 'x.git'));
    const text = 'replicas: 4\n'.repeat(100);
    const files = new Map(['a/1', 'a/2', 'b/1', 'b/2'].map((path) => [path, path === 'b/1' ? 'other\n' : text]));
    const state = { ...BASE, ref: 'refs/x/state', files: new Map([['1.json', text]]) };
    const stream = [...importStream([{ ...BASE, files }, state])];
    const [written, other] = parseImport(feed(remote, stream));
    expect(stream.join('').length).toBeLessThan(2 * text.length);
    for (const [path, content] of files) expect(remote.git('show', `${written?.commit}:${path}`), path).toBe(content);
    expect(remote.git('show', `${other?.commit}:1.json`)).toBe(text);
  });

  it('writes a commit on a parent and a parentless one over a tree, in one run', () => {
    const remote = BareRepository.make(join(temporaryDirectory(), 'x.git'), { keep: 'kept\n', change: 'old\n' });
    const parent = remote.tip();
    const tree = remote.git('rev-parse', 'main^{tree}').trim();
    const ids = parseImport(
      feed(
        remote,
        importStream([
          { ...BASE, ref: 'refs/x/work', parent, files: new Map([['change', 'new\n']]) },
          { ...BASE, ref: 'refs/x/state', tree, files: new Map([['more/here', 'more\n']]) },
        ]),
      ),
    );
    expect(remote.git('rev-parse', 'refs/x/work', 'refs/x/state').trim().split('\n')).toEqual(
      ids.map(({ commit }) => commit),
    );
    expect(remote.git('show', 'refs/x/work:change', 'refs/x/work:keep')).toBe('new\nkept\n');
    expect(remote.paths('refs/x/state')).toEqual(['change', 'keep', 'more/here']);
    expect(remote.git('rev-list', '--count', 'refs/x/work').trim()).toBe('2');
    expect(remote.git('rev-list', '--count', 'refs/x/state').trim()).toBe('1');
    expect(remote.git('log', '-1', '--format=%an %ae %cn %at', 'refs/x/work').trim()).toBe(
      'Jürgen Writer writer@example.com Jürgen Writer 1767225600',
    );
  });

  it('refuses output that it does not know', () => {
    expect(() => parseImport('fatal: something\nelse\n')).toThrow(/unexpected output/);
    expect(parseImport('')).toEqual([]);
  });
});
