type Scalar = string | number | boolean | null;

// A letter or slash at the start, so that nothing reads as a number, a date or an indicator in YAML 1.1 either.
const BARE = /^[A-Za-z/][A-Za-z0-9_./-]*$/;
// What other readers of YAML refuse, and what would show a text otherwise than it is.
const UNSEEN = /[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu;
const MAX_LINE = 100;
const MAX_RESERVED = 'false'.length;
const RESERVED = /^(y|n|yes|no|on|off|true|false|null|inf|nan)$/i;

/**
 * Plain data as block YAML, the same bytes for the same data, with two spaces, sequences indented and text quoted as JSON
 * where it is not a bare word. Small containers of scalars are written on one line, `undefined` members are left out.
 *
 * @throws TypeError for anything that is not plain data
 */
export function emitYaml(value: unknown): string {
  return `${block(value, '').trimStart()}\n`;
}

/** One scalar. */
export function emitScalar(value: Scalar): string {
  if (typeof value !== 'string') return Object.is(value, -0) ? '0' : String(value);
  return isBare(value) ? value : JSON.stringify(value).replaceAll(UNSEEN, escaped);
}

/** Keys that were emitted, which records have in common; those of strangers do not fill the memory. */
const keys = new Map<string, string>();
const MAX_KEYS = 1000;

function emitKey(key: string): string {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const emitted = emitScalar(key);
  if (keys.size < MAX_KEYS) keys.set(key, emitted);
  return emitted;
}

function isBare(text: string): boolean {
  return BARE.test(text) && (text.length > MAX_RESERVED || !RESERVED.test(text));
}

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}

function block(value: unknown, indent: string): string {
  if (isScalar(value)) return ` ${emitScalar(value)}`;
  if (isList(value)) return list(value, indent);
  return map(value, indent);
}

function list(items: readonly unknown[], indent: string): string {
  if (items.every(isScalar)) {
    const parts = items.map(emitScalar);
    const line = `[${parts.join(', ')}]`;
    return fits(line, parts) ? ` ${line}` : parts.map((part) => `\n${indent}- ${part}`).join('');
  }
  return items.map((item) => `\n${indent}-${block(item, `${indent}  `).replace(/^\n\s*/, ' ')}`).join('');
}

function map(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) throw new TypeError(`expected plain data, found ${typeof value}`);
  let isFlat = true;
  const inner = `${indent}  `;
  const parts: string[] = [];
  for (const key of Object.keys(value)) {
    const item: unknown = Reflect.get(value, key);
    if (item === undefined) continue;
    const isOne = isScalar(item);
    isFlat &&= isOne;
    parts.push(isOne ? `${emitKey(key)}: ${emitScalar(item)}` : `${emitKey(key)}:${block(item, inner)}`);
  }
  if (isFlat) {
    const line = `{${parts.join(', ')}}`;
    if (fits(line, parts)) return ` ${line}`;
  }
  const start = `\n${indent}`;
  return `${start}${parts.join(start)}`;
}

function fits(line: string, parts: readonly string[]): boolean {
  return parts.length === 0 || line.length <= MAX_LINE;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
