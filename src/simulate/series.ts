import { CsvError, parse } from 'csv-parse/sync';
import { didYouMean, show } from '../api/problem.ts';
import type { Reading } from '../demand/reading.ts';
import { parseValue, type ValueType } from '../triggers/trigger-value.ts';
import { clockOf, type SeriesClock } from './clock.ts';

/** A trigger that a series has a column for. */
export interface SeriesTrigger {
  readonly id: string;
  readonly valueType: ValueType;
  /** Its text is not repeated in messages. */
  readonly isSecret: boolean;
}

/** What all triggers read at one time. */
export interface Sample {
  /** Milliseconds, of whatever epoch. */
  readonly at: number;
  /** By trigger id; every trigger has one. */
  readonly readings: ReadonlyMap<string, Reading>;
}

/** A series that can be simulated: at least one sample, strictly rising. */
export interface Series {
  readonly samples: readonly Sample[];
  readonly clock: SeriesClock;
}

/** A series, or all that is wrong with it: `file:line: message`. */
export type ParsedSeries = { readonly series: Series } | { readonly problems: readonly string[] };

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

interface Column {
  readonly index: number;
  readonly trigger: SeriesTrigger;
  readonly name: string;
}

interface Header {
  readonly width: number;
  readonly time: number;
  readonly columns: readonly Column[];
}

/**
 * Reads a CSV with the column `time` (seconds, or RFC 3339) and one column per trigger, named by its id; a single
 * trigger takes the only other column, whatever its name. A cell that is not a number >= 0 is a missing reading, as in
 * the product; a time that is none, or does not rise, is an error.
 *
 * @param file names the series in messages
 */
export function parseSeries(text: string, triggers: readonly SeriesTrigger[], file: string): ParsedSeries {
  const rows = readRows(text);
  if ('problem' in rows) return { problems: [`${file}:${rows.line}: ${rows.problem}`] };
  const [head, ...body] = rows.rows;
  const expected = ['time', ...triggers.map(({ id }) => id)].join(',');
  if (!head) return { problems: [`${file}:1: expected the header ${expected}; found an empty file`] };
  const header = readHeader(head.cells, triggers);
  if ('problems' in header)
    return {
      problems: header.problems.map((problem) => `${file}:${head.line}: ${problem}; expected the header ${expected}`),
    };
  const [first] = body;
  if (!first) return { problems: [`${file}:${head.line}: expected at least one sample below the header; found none`] };
  const firstTime = first.cells[header.header.time] ?? '';
  const clock = clockOf(firstTime);
  if (!clock) {
    const problem = `expected a time in seconds, or RFC 3339 such as 2026-01-31T09:30:00Z; found ${show(firstTime)}`;
    return { problems: [`${file}:${first.line}: ${problem}`] };
  }
  return readSamples(body, header.header, clock, file);
}

function readRows(
  text: string,
): { readonly rows: readonly Row[] } | { readonly problem: string; readonly line: number } {
  try {
    const rows: Row[] = [];
    parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (cells: string[], { lines }) => {
        rows.push({ cells, line: lines });
        return null;
      },
    });
    return { rows };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    return { problem: `not a CSV: ${error.message}`, line };
  }
}

function readHeader(
  cells: readonly string[],
  triggers: readonly SeriesTrigger[],
): { header: Header } | { problems: readonly string[] } {
  const others = cells.filter((name) => name !== 'time');
  const [only] = triggers;
  if (only && triggers.length === 1 && others.length === 1 && cells.length === 2) {
    const columns = cells.flatMap((name, index) => (name === 'time' ? [] : [{ index, trigger: only, name }]));
    return { header: { width: 2, time: cells.indexOf('time'), columns } };
  }
  const ids = triggers.map(({ id }) => id);
  const known = ['time', ...ids];
  const problems = [
    ...known.filter((name) => !cells.includes(name)).map((name) => `there is no column ${show(name)}`),
    ...cells
      .filter((name, index) => cells.indexOf(name) !== index)
      .map((name) => `column ${show(name)} is there twice`),
    ...cells.filter((name) => !known.includes(name)).map((name) => `unknown column ${show(name)}${hint(name, known)}`),
  ];
  if (problems.length > 0) return { problems };
  const columns = triggers.map((trigger) => ({ index: cells.indexOf(trigger.id), trigger, name: trigger.id }));
  return { header: { width: cells.length, time: cells.indexOf('time'), columns } };
}

function hint(name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known);
  return meant ? ` (did you mean ${show(meant)}?)` : '';
}

function readSamples(rows: readonly Row[], header: Header, clock: SeriesClock, file: string): ParsedSeries {
  const problems: string[] = [];
  const samples: Sample[] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const { cells, line } of rows) {
    const timeText = cells[header.time] ?? '';
    const at = clock.parse(timeText);
    if (cells.length !== header.width)
      problems.push(`${file}:${line}: expected ${header.width} cells; found ${cells.length}`);
    else if (at === null)
      problems.push(`${file}:${line}: expected ${clock.expected} as the time; found ${show(timeText)}`);
    else if (at <= before)
      problems.push(`${file}:${line}: expected a time after the one before it; found ${show(timeText)}`);
    else samples.push({ at, readings: readingsOf(cells, header, `${file}:${line}`) });
    before = at ?? before;
  }
  return problems.length > 0 ? { problems } : { series: { samples, clock } };
}

function readingsOf(cells: readonly string[], { columns }: Header, where: string): ReadonlyMap<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const { index, trigger, name } of columns) {
    const what = `${where}: column ${show(name)}`;
    readings.set(trigger.id, parseValue(cells[index] ?? '', trigger.valueType, what, trigger.isSecret));
  }
  return readings;
}
