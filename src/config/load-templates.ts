import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { messageOf, mustAct } from '../errors.ts';
import { checkTemplate } from '../manifests/check-template.ts';
import type { Templates } from '../manifests/template.ts';
import { MESSAGE_TEMPLATES, type MessageTemplate } from './template-rules.ts';

/**
 * Reads the texts that ship with the product, and those of messages from a directory of the user's where it has them.
 *
 * @param directory absolute; null: none
 * @throws ProductError kind `act` that lists every problem of the directory
 */
export async function loadTemplates(directory: string | null): Promise<Templates> {
  const read = (path: string): Promise<string> => readFile(new URL(`../../templates/${path}`, import.meta.url), 'utf8');
  const own = directory === null ? new Map<string, string>() : await readOwn(directory);
  const message = async (path: MessageTemplate): Promise<string> => own.get(path) ?? (await read(path));
  const [component, componentEmpty, index, helmValues, helmValuesEmpty] = await Promise.all([
    read('overlay/component.yaml'),
    read('overlay/component-empty.yaml'),
    read('overlay/index.yaml'),
    read('overlay/helm-values.yaml'),
    read('overlay/helm-values-empty.yaml'),
  ]);
  const [commitMessage, proposalTitle, proposalBody] = await Promise.all([
    message('commit/message.txt'),
    message('proposal/title.txt'),
    message('proposal/body.md'),
  ]);
  return { component, componentEmpty, index, helmValues, helmValuesEmpty, commitMessage, proposalTitle, proposalBody };
}

/** The user's templates by path. */
async function readOwn(directory: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw mustAct('TemplateInvalid', `cannot read the directory of templates ${directory}: ${messageOf(error)}`, error);
  });
  const known = Object.keys(MESSAGE_TEMPLATES);
  const problems = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    // A volume of Kubernetes has its files a second time, in a hidden directory.
    .filter((path) => !path.split('/').some((segment) => segment.startsWith('.')) && !known.includes(path))
    .map((path) => `${join(directory, path)}: expected only ${known.join(', ')}; rename or remove it`);
  const own = new Map<string, string>();
  for (const [path, rules] of Object.entries(MESSAGE_TEMPLATES)) {
    const text = await readFile(join(directory, path), 'utf8').catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw mustAct('TemplateInvalid', `cannot read ${join(directory, path)}: ${messageOf(error)}`, error);
    });
    if (text === null) continue;
    const plain = text.replaceAll('\r\n', '\n');
    problems.push(...checkTemplate(plain, rules).map((problem) => `${join(directory, path)}: ${problem}`));
    own.set(path, plain);
  }
  if (problems.length > 0) throw mustAct('TemplateInvalid', problems.join('\n'));
  return own;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
