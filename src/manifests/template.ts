/** Texts by name, as they stand in `templates/`. */
export interface Templates {
  readonly component: string;
  readonly componentEmpty: string;
  readonly index: string;
  readonly helmValues: string;
  readonly helmValuesEmpty: string;
  readonly commitMessage: string;
  readonly proposalTitle: string;
  readonly proposalBody: string;
}

/**
 * Puts values into `{{places}}`. Nothing is evaluated: a template is data, and a value is never looked into again.
 *
 * @throws when the template has a place that no value is given for
 */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replaceAll(/\{\{([A-Za-z]+)\}\}/g, (_place, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new Error(`template has the unknown place {{${name}}}; known: ${Object.keys(values).join(', ')}`);
    return String(value);
  });
}

/** The same; a paragraph whose places are all empty is left out with its empty line. */
export function fillParagraphs(template: string, values: Readonly<Record<string, string | number>>): string {
  return template
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => fill(paragraph, values))
    .filter((paragraph) => paragraph.trim() !== '')
    .join('\n\n');
}
