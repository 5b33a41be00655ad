import { expect, it } from 'vitest';
import { parseYamlFile } from '../../src/api/document.ts';

const TEXT = `# a comment before
%YAML 1.2
---
name: one
list:
  - a: 1
    b: 2
...
# between
---

name: two   # the second
nested: {deep: {deeper: 3}}
---
broken: [
---
- name: four
- name: five
`;

it('names the lines of every document of a file, whatever stands between them', () => {
  const { documents, problems } = parseYamlFile(TEXT, 'hub.yaml');
  const lines = [
    [[], ['name'], ['list', 0, 'b'], ['list', 0, 'absent'], ['absent']],
    [[], ['nested', 'deep', 'deeper']],
    [[], [1, 'name']],
  ].map((paths, index) => paths.map((path) => documents[index]?.locate({ path, message: '' }).where));
  expect(lines).toEqual([
    ['hub.yaml:4', 'hub.yaml:4', 'hub.yaml:7', 'hub.yaml:6', 'hub.yaml:4'],
    ['hub.yaml:12', 'hub.yaml:13'],
    ['hub.yaml:17', 'hub.yaml:18'],
  ]);
  expect(problems.map(({ where }) => where)).toEqual(['hub.yaml:16']);
});

it('names the lines of a list of hundreds of objects without reading it again for each', () => {
  const items = Array.from({ length: 400 }, (_, index) => `  - name: web-${index}\n    deep: {value: x}\n`);
  const started = performance.now();
  const [list] = parseYamlFile(`kind: List\nitems:\n${items.join('')}`, 'hub.yaml').documents;
  const linesOf = (...rest: string[]): readonly (string | undefined)[] =>
    items.map((_, index) => list?.locate({ path: ['items', index, ...rest], message: '' }).where);
  expect(linesOf()).toEqual(items.map((_, index) => `hub.yaml:${3 + 2 * index}`));
  expect(linesOf('deep', 'value')).toEqual(items.map((_, index) => `hub.yaml:${4 + 2 * index}`));
  // Read again for each it took more than a minute.
  expect(performance.now() - started).toBeLessThan(5000);
});
