import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/config/load-templates.ts';
import { commitMessage } from '../../src/manifests/commit-message.ts';
import { MAX_BODY_LENGTH, renderProposal } from '../../src/proposal/render.ts';
import { entry, member, proposal } from '../proposal/proposals.ts';
import { temporaryDirectory } from '../repository/temporary-directory.ts';

let directory = '';

beforeEach(() => {
  directory = temporaryDirectory();
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), text);
}

async function problemsOf(path: string, text: string): Promise<string> {
  await write(path, text);
  return loadTemplates(directory).then(
    () => 'none',
    (error: unknown) => {
      expect(error).toMatchObject({ kind: 'act', reason: 'TemplateInvalid' });
      return error instanceof Error ? error.message.replaceAll(`${directory}/`, '') : '';
    },
  );
}

const COMMIT = '{{subject}}\n\n{{body}}\n\n{{trailers}}\n';
const BODY = '{{table}}\n\n{{reasons}}\n';

describe('templates of the user', () => {
  it('replace the texts of messages that they have, and no other', async () => {
    const own = 'chore(scaling): {{subject}}\r\n\r\n{{body}}\r\n\r\n{{trailers}}\r\nTeam: platform\r\n';
    await write('commit/message.txt', own);
    const [templates, shipped] = await Promise.all([loadTemplates(directory), loadTemplates(null)]);
    const [message, usual] = [templates, shipped].map((texts) =>
      commitMessage(texts, [{ key: 'shop/web', record: null, members: ['a'], word: null }]),
    );
    expect(message).toBe(`chore(scaling): ${usual?.trimEnd()}\nTeam: platform\n`);
    expect({ ...templates, commitMessage: '' }).toEqual({ ...shipped, commitMessage: '' });
  });

  it('make the title and the body of a proposal, whose marker stays', async () => {
    await write('proposal/title.txt', '[{{group}}] {{subject}}');
    await write(
      'proposal/body.md',
      'Ask on call first.\n\n{{table}}\n\n{{chart}}\n\n{{reasons}}\n\nUntil {{validUntil}}.\n',
    );
    const { title, body } = renderProposal(await loadTemplates(directory), proposal());
    expect(title).toBe('[shop] scale shop/web 4 -> 10 (member-1 2 -> 5, member-2 2 -> 5)');
    expect(body).toMatch(
      /^Ask on call first\.\n\n\| DSO [\s\S]+\n\nUntil 2026-01-31T09:00:00Z\.\n\n<!-- dso-gitops: .* -->\n$/,
    );
    expect(body).not.toContain('<details>');
  });

  it('leave no hole where a part has nothing to say', async () => {
    await write('proposal/body.md', 'a\n\n\n\n{{table}}\n\n{{chart}}\n\n{{reasons}}\n\nb');
    const given = proposal({ entries: [entry({ members: [] })] });
    expect(renderProposal(await loadTemplates(directory), given).body).toMatch(/^a\n\n### Why\n\n- .*\n\nb\n\n<!--/);
  });

  it('keep a body within the limit at their longest', async () => {
    const places = ['base', 'group', 'writtenBy', 'renderedAt', 'validUntil', 'hold', 'resume'];
    const repeated = places.map((name) => `{{${name}}} `.repeat(10)).join('\n');
    await write('proposal/body.md', `${BODY}\n{{records}}\n\n${repeated}\n${'x'.repeat(15_400)}`);
    const key = `${'n'.repeat(63)}/${'w'.repeat(250)}`;
    const members = Array.from({ length: 400 }, (_, index) => member(`member-${index}`));
    const given = { base: 'b'.repeat(900), group: 'g'.repeat(400), writtenBy: '\u00fc'.repeat(900) };
    const proposed = proposal({
      ...given,
      entries: [entry({ key, members, reason: 'r'.repeat(900) })],
    });
    const { body } = renderProposal(await loadTemplates(directory), proposed);
    expect(body.length).toBeLessThanOrEqual(MAX_BODY_LENGTH);
    expect(body).toMatch(/\.\.\. and \d+ more, in the files/);
  });

  it('are found in a volume of Kubernetes, where files are links into a hidden directory', async () => {
    await write('..2026/message.txt', `own: ${COMMIT}`);
    await mkdir(join(directory, 'commit'));
    await symlink(join(directory, '..2026/message.txt'), join(directory, 'commit/message.txt'));
    expect((await loadTemplates(directory)).commitMessage).toBe(`own: ${COMMIT}`);
  });

  it.each([
    [
      'commit/message.txt',
      COMMIT.replace('body', 'boby'),
      /found \{\{boby\}\}[\s\S]*\{\{body\}\} once; found it 0 times/,
    ],
    [
      'commit/message.txt',
      `${COMMIT}{{subject}}`,
      /^commit\/message\.txt: expected the place \{\{subject\}\} once; found it 2 times$/,
    ],
    ['commit/message.txt', '{{subject}}\n\n{{body}}\n\nby: {{trailers}}', /\{\{trailers\}\} as a line of its own/],
    ['commit/message.txt', '', /\{\{subject\}\} once; found it 0 times/],
    ['commit/message.txt', `${COMMIT}${'x'.repeat(4000)}`, /at most 4000 characters; found 40\d\d$/],
    ['commit/message.txt', `${COMMIT}${'x\n'.repeat(100)}`, /at most 100 lines; found 105$/],
    ['proposal/title.txt', '{{subject}}\nmore', /at most 1 lines; found 2$/],
    ['proposal/title.txt', '{{ subject }}', /found \{\{ subject \}\}/],
    ['proposal/title.txt', '{{subject}} {{base}} {{base}}', /\{\{base\}\} at most once; found it 2 times$/],
    [
      'proposal/body.md',
      `${BODY}\n{{trailers}}`,
      /expected one of the places .*\{\{resume\}\}; found \{\{trailers\}\}$/,
    ],
    [
      'proposal/body.md',
      '{{table}}\n{{reasons}}',
      /\{\{table\}\} as a paragraph of its own[\s\S]*\{\{reasons\}\} as a paragraph/,
    ],
    ['proposal/body.md', `${BODY}\n  {{chart}}`, /\{\{chart\}\} as a paragraph of its own, from the first column$/],
    ['proposal/body.md', `${BODY}\n${'{{base}}'.repeat(11)}`, /\{\{base\}\} at most 10 times; found it 11 times$/],
    ['proposal/body.txt', BODY, /^proposal\/body\.txt: expected only commit\/message\.txt, .*; rename or remove it$/],
    ['overlay/component.yaml', 'x', /^overlay\/component\.yaml: expected only/],
  ])('%s as %j is refused', async (path, text, expected) => {
    expect(await problemsOf(path, text)).toMatch(expected);
  });

  it('are refused all together, with the file of each problem', async () => {
    await write('proposal/title.txt', 'x');
    expect(await problemsOf('proposal/body.md', BODY.replace('table', 'tabel'))).toMatch(
      /^proposal\/title\.txt: .*\nproposal\/body\.md: .*\nproposal\/body\.md: .*$/,
    );
  });

  it('must be in a directory that can be read', async () => {
    await expect(loadTemplates(join(directory, 'absent'))).rejects.toMatchObject({
      reason: 'TemplateInvalid',
      message: expect.stringMatching(/^cannot read the directory of templates .*absent: ENOENT/),
    });
    await mkdir(join(directory, 'commit/message.txt'), { recursive: true });
    await expect(loadTemplates(directory)).rejects.toMatchObject({
      message: expect.stringMatching(/cannot read .*EISDIR/),
    });
  });

  it('are held to the same rules as those that ship', async () => {
    const { commitMessage: commit, proposalTitle, proposalBody } = await loadTemplates(null);
    await write('commit/message.txt', commit);
    await write('proposal/title.txt', proposalTitle);
    expect(await problemsOf('proposal/body.md', proposalBody)).toBe('none');
  });
});
