import { expect, test } from 'vitest';
import { parseSeries, type Series, type SeriesTrigger } from '../../src/simulate/series.ts';

const QUEUE: SeriesTrigger = { id: 'queue', valueType: 'float64', isSecret: false };

function series(text: string, triggers: readonly SeriesTrigger[] = [QUEUE]): Series {
  const parsed = parseSeries(text, triggers, 'load.csv');
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed.series;
}

function problems(text: string, triggers: readonly SeriesTrigger[] = [QUEUE]): readonly string[] {
  const parsed = parseSeries(text, triggers, 'load.csv');
  return 'problems' in parsed ? parsed.problems : [];
}

test('takes a byte order mark, CRLF, quotes, blanks and empty lines', () => {
  const { samples } = series('\uFEFFtime, queue\r\n\r\n"0","20"\r\n 15 , 1e2 \r\n');
  expect(samples.map(({ at, readings }) => [at, readings.get('queue')])).toEqual([
    [0, { kind: 'value', value: 20 }],
    [15_000, { kind: 'value', value: 100 }],
  ]);
});

test.each(['abc', '5abc', '', 'NaN', '-1', '1e400', 'Infinity', '0x10'])(
  'a cell with %j is a missing reading',
  (cell) => {
    expect(series(`time,queue\n0,${cell}`).samples[0]?.readings.get('queue')?.kind).toBe('missing');
  },
);

test('reads a cell by the value type of its trigger, and does not repeat the text of a Secret', () => {
  const { samples } = series('time,value\n0,500m\n1,hunter2', [{ id: 'queue', valueType: 'quantity', isSecret: true }]);
  expect(samples[0]?.readings.get('queue')).toEqual({ kind: 'value', value: 0.5 });
  expect(JSON.stringify([...(samples[1]?.readings ?? [])])).not.toContain('hunter2');
});

test('names every line that is wrong, also after an empty one', () => {
  expect(problems('time,queue\n0,1\n\n0,2\nx,3\n9')).toEqual([
    'load.csv:4: expected a time after the one before it; found "0"',
    'load.csv:5: expected a number of seconds as the time; found "x"',
    'load.csv:6: expected 2 cells; found 1',
  ]);
});

test('names missing, unknown and repeated columns', () => {
  const [queue, rate] = [QUEUE, { ...QUEUE, id: 'rate' }];
  expect(problems('time,queue,queue,rat\n0,1,2,3', [queue, rate])).toEqual([
    'load.csv:1: there is no column "rate"; expected the header time,queue,rate',
    'load.csv:1: column "queue" is there twice; expected the header time,queue,rate',
    'load.csv:1: unknown column "rat" (did you mean "rate"?); expected the header time,queue,rate',
  ]);
});
