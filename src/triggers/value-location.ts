/** What stands at a location, or why nothing does. */
export type Located = { readonly value: unknown } | { readonly problem: string };

/**
 * Follows a path through a parsed document: keys and indexes joined by dots, a dot inside a key written `\.`. For JSON
 * that is the part of GJSON that addresses one value; its queries, wildcards and modifiers are refused, not guessed.
 */
export function locateValue(document: unknown, location: string): Located {
  if (/[*?#|@!{}[\]()]/.test(location)) {
    return { problem: `location ${JSON.stringify(location)} uses a query; expected keys and indexes joined by dots` };
  }
  let current: unknown = document;
  for (const key of location.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'))) {
    const isIndex = !Array.isArray(current) || /^\d+$/.test(key);
    if (typeof current !== 'object' || current === null || !isIndex || !Object.hasOwn(current, key)) {
      return { problem: `nothing at ${JSON.stringify(location)}: ${JSON.stringify(key)} is not there` };
    }
    current = Reflect.get(current, key);
  }
  return { value: current };
}
