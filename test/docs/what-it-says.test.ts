import { expect, it } from 'vitest';
import { LOG_MESSAGES } from '../../src/service/log.ts';
import { CONDITIONS } from '../../src/status/conditions.ts';
import { EVENTS } from '../../src/status/transitions.ts';
import { textOf } from './pages.ts';

/** The rows of the table below a heading. */
function tableOf(heading: string): Readonly<Record<string, string>> {
  const [, section = ''] = textOf('docs/what-it-says.md').split(`## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return Object.fromEntries(
    [...own.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, name = '', tells = '']) => [name, tells]),
  );
}

it.each([
  ['Conditions', CONDITIONS],
  ['Events', EVENTS],
  ['Log messages', LOG_MESSAGES],
])('%s are told as the code has them', (heading, known) => {
  expect(Object.keys(known).length).toBeGreaterThan(4);
  expect(tableOf(heading)).toEqual(known);
});
