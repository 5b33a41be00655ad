import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { dsoOf, METADATA, simulateFiles } from './simulate-files.ts';

const Report = z.object({
  dso: z.string(),
  summary: z.looseObject({ commits: z.number(), rawCommits: z.number(), to: z.union([z.number(), z.string()]) }),
  moments: z.array(
    z.object({
      time: z.union([z.number(), z.string()]),
      readings: z.record(z.string(), z.number().nullable()),
      demand: z.number().nullable(),
      limit: z.string(),
      total: z.number(),
      replicas: z.record(z.string(), z.number()),
      changed: z.array(z.string()),
    }),
  ),
});

const Timeline = z.array(
  z.object({
    id: z.string(),
    input: z.object({
      targetValue: z.number(),
      activationTargetValue: z.number(),
      minReplicaCount: z.number(),
      maxReplicaCount: z.number(),
      cooldownPeriod: z.number(),
      behavior: z.object({}).loose().optional(),
      decidedAtStart: z.number(),
      readings: z.array(z.tuple([z.number(), z.number().nullable()])),
    }),
    expected: z.array(z.tuple([z.number(), z.number()])),
  }),
);

const TIMELINE = Timeline.parse(
  JSON.parse(readFileSync(new URL('../vectors/data/timeline.json', import.meta.url), 'utf8')),
);

async function report(...args: Parameters<typeof simulateFiles>): Promise<z.infer<typeof Report>> {
  const [dsos, series, ...rest] = args;
  const { code, stdout } = await simulateFiles(dsos, series, ...rest, '-o', 'json');
  expect(code).toBe(0);
  return Report.parse(JSON.parse(stdout));
}

function totals({ moments }: z.infer<typeof Report>): readonly (readonly [number | string, number])[] {
  return moments.filter(({ changed }) => changed.includes('total')).map(({ time, total }) => [time, total]);
}

describe('simulate holds the totals of the timeline vectors', () => {
  test.each(TIMELINE)('$id', async ({ input, expected }) => {
    const { minReplicaCount, maxReplicaCount, cooldownPeriod, behavior } = input;
    const dso = dsoOf(
      {
        minReplicaCount,
        maxReplicaCount,
        cooldownPeriod,
        ...(behavior ? { advanced: { horizontalPodAutoscalerConfig: { behavior } } } : {}),
      },
      { targetValue: String(input.targetValue), activationTargetValue: String(input.activationTargetValue) },
    );
    const series = ['time,value', ...input.readings.map(([time, value]) => `${time},${value ?? ''}`)].join('\n');
    const result = await report([dso], series, '--initial-total', String(input.decidedAtStart));
    expect(totals(result)).toEqual(expected);
    expect(result.summary.commits).toBe(expected.length);
  });
});

describe('simulate', () => {
  test('prints readings, raw demand, the limit that acted, total and replicas', async () => {
    const { moments } = await report([dsoOf()], 'time,value\n0,0\n10,20\n30,37\n60,1000');
    expect(moments.map(({ demand, total }) => [demand, total])).toEqual([
      [0, 0],
      [4, 4],
      [8, 8],
      [200, 10],
    ]);
    expect(moments.at(-1)).toMatchObject({
      time: 60,
      readings: { value: 1000 },
      limit: 'limited to maxReplicaCount 10',
      replicas: { 'member-1': 4, 'member-2': 6 },
      changed: ['readings', 'demand', 'limit', 'total', 'replicas'],
    });
  });

  test('a sample with "abc" changes nothing and says why', async () => {
    const result = await report([dsoOf()], 'time,value\n0,20\n100,abc\n200,5');
    const abc = result.moments.find(({ time }) => time === 100);
    expect(abc).toMatchObject({ demand: 4, total: 4, readings: { value: null }, changed: ['readings', 'limit'] });
    expect(abc?.limit).toContain('load.csv:3: column "value" is not a number such as 20; found "abc"');
    expect(totals(result)).toEqual([
      [0, 4],
      [400.001, 1],
    ]);
  });

  test('counts commits beside a writer of every raw change, and the distance', async () => {
    const { summary } = await report([dsoOf()], 'time,value\n0,50\n100,5\n200,50\n300,5\n400,50');
    expect(summary).toMatchObject({
      commits: 1,
      rawCommits: 5,
      distance: {
        seconds: 400,
        above: { replicaSeconds: 1800, highest: 9 },
        below: { replicaSeconds: 0, highest: 0 },
        meanDifference: 4.5,
      },
    });
  });

  test('starts from the annotation', async () => {
    const dso = {
      ...dsoOf(),
      metadata: { name: 'web', namespace: 'shop', annotations: { 'dso-gitops.dev/initial-total': '12' } },
    };
    expect(totals(await report([dso], 'time,value\n0,20\n400,20'))).toEqual([
      [0, 10],
      [300.001, 4],
    ]);
  });

  test('prints times as RFC 3339 when the series has them', async () => {
    const series = 'time,value\n2026-01-31T23:59:00+02:00,20\n2026-02-01T00:00:00+02:00,0';
    expect(totals(await report([dsoOf()], series))).toEqual([
      ['2026-01-31T23:59:00+02:00', 4],
      ['2026-02-01T00:05:00.001+02:00', 0],
    ]);
  });

  test('takes one column per trigger, in any order; the highest wins', async () => {
    const triggers = ['queue', 'rate'].map((name) => ({ type: 'kubernetes-resource', name, metadata: METADATA }));
    const { moments } = await report([dsoOf({ triggers })], 'rate,time,queue\n10,0,30\n45,10,30');
    expect(moments.map(({ readings, total }) => [readings, total])).toEqual([
      [{ queue: 30, rate: 10 }, 6],
      [{ queue: 30, rate: 45 }, 9],
    ]);
  });

  test('picks one of several objects', async () => {
    const dsos = [dsoOf({}, {}, { name: 'api' }), dsoOf()];
    expect((await report(dsos, 'time,value\n0,20', '--dso', 'shop/web')).dso).toBe('shop/web');
    const { code, stderr } = await simulateFiles(dsos, 'time,value\n0,20');
    expect(code).toBe(1);
    expect(stderr).toContain('in the file: shop/api, shop/web; name one with --dso <namespace>/<name>');
  });

  test('takes members from the command line where the object has none', async () => {
    const dso = dsoOf({}, {}, { members: null });
    const { moments } = await report([dso], 'time,value\n0,20', '--member', 'a=1', '--member', 'b=3');
    expect(moments[0]?.replicas).toEqual({ a: 1, b: 3 });
    const { stderr } = await simulateFiles([dso], 'time,value\n0,20');
    expect(stderr).toContain('shop/web has no memberClusters: expected --member');
  });

  test('checks the object as plan does, with file:line', async () => {
    const dso = dsoOf({ minReplicaCount: 11 }, {}, { members: [{ name: 'a', weight: -1 }] });
    const { code, stderr } = await simulateFiles([dso], 'time,value\n0,20');
    expect(code).toBe(1);
    expect(stderr).toMatch(/dso\.yaml:\d+: spec\.memberClusters\[0\]\.weight: .*found -1/);
  });

  test('says which settings have no effect', async () => {
    const { code, stderr } = await simulateFiles(
      [dsoOf({ minReplicaCount: 1, cooldownPeriod: 60 })],
      'time,value\n0,20',
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^dso\.yaml:\d+: spec\.scaledObjectSpec\.cooldownPeriod: has no effect/);
  });

  test('goes on beside a broken document, and fails in the end', async () => {
    const { code, stdout, stderr } = await simulateFiles(`a: [\n---\n${stringify(dsoOf())}`, 'time,value\n0,20');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^dso\.yaml:\d+: broken YAML/);
    expect(stdout).toContain('shop/web');
  });

  test.each([
    [
      'an unknown column',
      'time,queu,value\n0,1,2',
      'load.csv:1: unknown column "queu"; expected the header time,value',
    ],
    ['no time', 'at,value\n0,1', 'load.csv:1: there is no column "time"'],
    ['an empty file', '', 'load.csv:1: expected the header time,value; found an empty file'],
    ['no samples', 'time,value\n', 'expected at least one sample'],
    ['a time that stands', 'time,value\n0,1\n0,2', 'load.csv:3: expected a time after the one before it; found "0"'],
    [
      'another clock',
      'time,value\n0,1\n2026-01-01T00:00:00Z,2',
      'load.csv:3: expected a number of seconds as the time',
    ],
    ['a bad time', 'time,value\nnoon,1', 'load.csv:2: expected a time in seconds, or RFC 3339'],
    ['a short row', 'time,value\n0,1\n5', 'load.csv:3: expected 2 cells; found 1'],
    ['an open quote', 'time,value\n0,"1\n5,2', 'not a CSV'],
  ])('refuses %s in the series', async (_, series, message) => {
    const { code, stdout, stderr } = await simulateFiles([dsoOf()], series);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  test.each([
    ['a bad initial total', ['--initial-total', 'many'], '--initial-total: expected an integer from 0'],
    ['an unknown object', ['--dso', 'shop/other'], 'found "shop/other"; in the file: shop/web'],
    ['members twice over', ['--member', 'a=1'], 'expected none, shop/web names its members'],
    ['a missing configuration', ['-c', 'none.yaml'], 'none.yaml'],
    ['a missing series', ['--series', 'none.csv'], '--series: expected a file; found nothing'],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await simulateFiles([dsoOf()], 'time,value\n0,1', ...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test('prints CSV', async () => {
    const { stdout } = await simulateFiles([dsoOf()], 'time,value\n0,20\n10,abc', '-o', 'csv');
    const [head, first, second] = stdout.split('\n');
    expect(head).toBe('time,reading value,demand,total,replicas member-1,replicas member-2,limit');
    expect(first).toBe('0,20,4,4,2,2,');
    expect(second).toContain('10,,4,4,2,2,"load.csv:3: column ""value"" is not');
  });

  test('shows at most 40 moments in the table, and says how many are hidden', async () => {
    const series = [
      'time,value',
      ...Array.from({ length: 100 }, (_, index) => `${index * 400},${5 + 40 * (index % 2)}`),
    ];
    const short = await simulateFiles([dsoOf()], series.join('\n'));
    expect(short.stdout).toMatch(
      /\d+ of \d+ moments are not shown \(the first 40 that change the total are\); --all shows them/,
    );
    expect(short.stdout.split('\n').filter((line) => /^ *\d/.test(line)).length).toBeGreaterThanOrEqual(40);
    const all = await simulateFiles([dsoOf()], series.join('\n'), '--all');
    expect(all.stdout).not.toContain('not shown');
    expect(all.stdout.length).toBeGreaterThan(short.stdout.length);
  });

  test('a table fits into 80 columns', async () => {
    const { stdout } = await simulateFiles([dsoOf()], 'time,value\n0,20\n10,abc\n20,0');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/commits {2}\d+; a writer that commits every raw change: \d+/);
  });
});
