/** What a template may and must hold. */
export interface TemplateRules {
  /** Places that it must have, each once. */
  readonly required: readonly string[];
  /** Places that it may have once; the text of an empty one is left out. */
  readonly optional: readonly string[];
  /** Places that it may have up to ten times: their texts are short. */
  readonly repeatable: readonly string[];
  /** UTF-16 units. */
  readonly maxLength: number;
  readonly maxLines: number;
  /** Places that must have a line, or a paragraph, of their own. */
  readonly alone: readonly string[];
  readonly aloneIn: 'line' | 'paragraph';
}

const MAX_REPEATED = 10;

/** Problems of a template, each a sentence; empty: it can be filled. */
export function checkTemplate(template: string, rules: TemplateRules): readonly string[] {
  const { required, optional, repeatable, maxLength, maxLines, alone, aloneIn } = rules;
  const text = template.trim();
  const lines = text.split('\n');
  const units = aloneIn === 'line' ? lines : text.split(/\n{2,}/);
  const found = [...text.matchAll(/\{\{([^{}\n]*)\}\}/g)].map(([, name = '']) => name);
  const times = (name: string): number => found.filter((other) => other === name).length;
  const known = [...required, ...optional, ...repeatable];
  const problems = [...new Set(found)]
    .filter((name) => !known.includes(name))
    .map((name) => `expected one of the places ${known.map((place) => `{{${place}}}`).join(', ')}; found {{${name}}}`);
  for (const name of required)
    if (times(name) !== 1) problems.push(`expected the place {{${name}}} once; found it ${times(name)} times`);
  for (const name of optional)
    if (times(name) > 1) problems.push(`expected the place {{${name}}} at most once; found it ${times(name)} times`);
  for (const name of repeatable)
    if (times(name) > MAX_REPEATED)
      problems.push(`expected the place {{${name}}} at most ${MAX_REPEATED} times; found it ${times(name)} times`);
  for (const name of alone)
    if (times(name) === 1 && !units.some((unit) => unit.trimEnd() === `{{${name}}}`))
      problems.push(`expected {{${name}}} as a ${aloneIn} of its own, from the first column`);
  if (text.length > maxLength) problems.push(`expected at most ${maxLength} characters; found ${text.length}`);
  if (lines.length > maxLines) problems.push(`expected at most ${maxLines} lines; found ${lines.length}`);
  return problems;
}
