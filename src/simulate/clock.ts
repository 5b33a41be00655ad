/** How the times of a series are written; what is printed is written the same way. */
export interface SeriesClock {
  /** What a time must look like, for errors. */
  readonly expected: string;
  /** Milliseconds; null: not a time of this clock. */
  parse(text: string): number | null;
  /** A number of seconds, or RFC 3339 in the offset of the first sample. */
  format(at: number): number | string;
}

const SECONDS = /^-?\d+(\.\d+)?([eE]\+?\d+)?$/;
const RFC_3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)([Zz]|[+-]\d{2}:\d{2})$/;

/** The clock of a series by its first time; null when that is neither. */
export function clockOf(first: string): SeriesClock | null {
  if (parseSeconds(first) !== null) return SECONDS_CLOCK;
  if (parseRfc3339(first) === null) return null;
  const zone = RFC_3339.exec(first)?.[3] ?? 'Z';
  return {
    expected: 'RFC 3339 such as 2026-01-31T09:30:00Z',
    parse: parseRfc3339,
    format: (at) => formatRfc3339(at, zone),
  };
}

const SECONDS_CLOCK: SeriesClock = {
  expected: 'a number of seconds',
  parse: parseSeconds,
  format: (at) => at / 1000,
};

function parseSeconds(text: string): number | null {
  const ms = SECONDS.test(text) ? Math.round(Number(text) * 1000) : Number.NaN;
  return Number.isSafeInteger(ms) ? ms : null;
}

function parseRfc3339(text: string): number | null {
  const match = RFC_3339.exec(text);
  if (!match) return null;
  const [, date = '', time = '', zone = ''] = match;
  const day = Date.parse(`${date}T00:00:00Z`);
  // V8 takes 30 February as 2 March.
  if (Number.isNaN(day) || !new Date(day).toISOString().startsWith(date)) return null;
  const at = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? null : at;
}

function formatRfc3339(at: number, zone: string): string {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):(\d{2})$/.exec(zone) ?? [];
  const offset = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
  const local = new Date(at + offset * 60_000).toISOString();
  return `${local.replace(/(\.000)?Z$/, '')}${zone.toUpperCase()}`;
}
