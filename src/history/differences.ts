/** A value in a record that does not follow. */
export interface Difference {
  /** Keys joined by dots, for instance `total.after`. */
  readonly at: string;
  /** What the record says, and what follows, as JSON. */
  readonly says: string;
  readonly is: string;
}

const MAX_SHOWN = 60;

/** Where plain data differs from what it should be; a list of another length differs as a whole. */
export function differencesOf(says: unknown, is: unknown, at = ''): readonly Difference[] {
  if (Object.is(says, is)) return [];
  if (isContainer(says) && isContainer(is) && Array.isArray(says) === Array.isArray(is)) {
    if (Array.isArray(says) && Array.isArray(is) && says.length !== is.length)
      return [{ at, says: `${says.length} entries`, is: `${is.length}` }];
    const keys = new Set([...Object.keys(says), ...Object.keys(is)]);
    return [...keys].flatMap((key) =>
      differencesOf(Reflect.get(says, key), Reflect.get(is, key), at === '' ? key : `${at}.${key}`),
    );
  }
  return [{ at, says: shown(says), is: shown(is) }];
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
