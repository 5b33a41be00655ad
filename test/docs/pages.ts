import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One fenced block of a page. */
export interface Block {
  readonly language: string;
  /** What stands behind the language, for instance `output`: what the block before prints, exactly. */
  readonly info: string;
  readonly text: string;
}

/** Pages by path from the root. */
export function pages(): readonly string[] {
  return ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)];
}

/** Text of a page. */
export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** Fenced blocks in order, also those inside lists. */
export function blocksOf(page: string): readonly Block[] {
  return [...textOf(page).matchAll(/^( *)```(\w*)([^\n]*)\n(.*?)^\1```/gms)].map(
    ([, indent = '', language = '', info = '', text = '']) => ({
      language,
      info: info.trim(),
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}
