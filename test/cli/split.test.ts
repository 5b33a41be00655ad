import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runCli } from './run-cli.ts';

const MEMBERS = ['--member', 'member-1=4', '--member', 'member-2=6,min=1,max=10'];

function run(...args: readonly string[]): ReturnType<typeof runCli> {
  return runCli(['split', ...args], { directory: '/' });
}

describe('split', () => {
  test('prints one line of JSON that begins with total, replicas and unplaced', async () => {
    const { code, stdout } = await run('--total', '7', ...MEMBERS, '--key', 'shop/web', '-o', 'json');
    expect(code).toBe(0);
    expect(stdout.startsWith('{"total":7,"replicas":{"member-1":3,"member-2":4},"unplaced":0')).toBe(true);
    expect(stdout.indexOf('\n')).toBe(stdout.length - 1);
    expect(JSON.parse(stdout)).toMatchObject({
      key: 'shop/web',
      members: [
        { name: 'member-1', weight: 4, min: 0, max: null, share: 2.8, replicas: 3, reason: 'weight' },
        { name: 'member-2', weight: 6, min: 1, max: 10, share: 4.2, replicas: 4, reason: 'weight' },
      ],
    });
  });

  test('prints the same as YAML', async () => {
    const json = await run('--total', '7', ...MEMBERS, '-o', 'json');
    const yaml = await run('--total', '7', ...MEMBERS, '-o', 'yaml');
    expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
  });

  test('prints a table, with tiers where there are some', async () => {
    const plain = await run('--total', '7', ...MEMBERS);
    expect(plain.stdout.split('\n')[0]).toMatch(/^member +weight +min +max +share +replicas +reason$/);
    expect(plain.stdout).toMatch(/member-2 +6 +1 +10 +4\.20 +4 +weight/);
    const tiers = await run('--total', '7', '--member', 'onprem=1,max=5,priority=1', '--member', 'cloud=1');
    expect(tiers.stdout).toMatch(/onprem +1 +1 +0 +5 +3\.50 +5 +maximum/);
    expect(tiers.stdout).toMatch(/cloud +0 +1 +0 +3\.50 +2/);
  });

  test('prints Markdown', async () => {
    const { stdout } = await run('--total', '7', ...MEMBERS, '-o', 'markdown');
    expect(stdout).toContain('| member | weight | min | max | share | replicas | reason |\n| --- |');
    expect(stdout).toContain('| member-1 | 4 | 0 |  | 2.80 | 3 | weight |');
  });

  test('says what no member can take, and which minimum is not met', async () => {
    const full = await run('--total', '9', '--member', 'a=1,max=2', '--member', 'b=1,max=3');
    expect(full.stdout).toContain('unplaced 4: no member can take them');
    const scarce = await run('--total', '1', '--member', 'a=1,min=3');
    expect(scarce.stdout).toContain('a is 2 short of its minimum 3');
  });

  test('takes 1,000 members', async () => {
    const members = Array.from({ length: 1000 }, (_, index) => ['--member', `m-${index}=${index}`]).flat();
    const { code, stdout } = await run('--total', '1000000', ...members, '-o', 'json');
    expect(code).toBe(0);
    const { replicas }: { replicas: Record<string, number> } = JSON.parse(stdout);
    expect(Object.values(replicas).reduce((sum, count) => sum + count, 0)).toBe(1_000_000);
  });

  test.each([
    ['a bad total', ['--total', '-3', ...MEMBERS], '--total: expected an integer from 0 to 2147483647; found "-3"'],
    ['a large total', ['--total', '2147483648', ...MEMBERS], 'found "2147483648"'],
    ['no total', MEMBERS, '--total: expected an integer from 0 to 2147483647; found nothing'],
    ['no members', ['--total', '7'], 'at least once; found nothing'],
    ['a negative weight', ['--total', '7', '--member', 'a=-1'], 'expected a weight from 0 to 1000000; found "-1"'],
    ['a fraction', ['--total', '7', '--member', 'a=1.5'], 'expected a weight from 0 to 1000000; found "1.5"'],
    ['no weight', ['--total', '7', '--member', 'a'], 'expected a weight'],
    ['a bad name', ['--total', '7', '--member', '../a=1'], 'as the name; found "../a"'],
    [
      'a member twice',
      ['--total', '7', '--member', 'a=1', '--member', 'a=2'],
      'expected every member once; found "a" in "a=1"',
    ],
    [
      'an unknown option',
      ['--total', '7', '--member', 'a=1,cap=2'],
      'unknown option "cap"; expected min, max, priority',
    ],
    ['an option twice', ['--total', '7', '--member', 'a=1,min=2,min=3'], 'expected min once'],
    [
      'a bad minimum',
      ['--total', '7', '--member', 'a=1,min=x'],
      'expected min=<integer from 0 to 2147483647>; found "x"',
    ],
    [
      'a minimum above the maximum',
      ['--total', '7', '--member', 'a=1,min=5,max=3'],
      'expected min at most max 3; found min 5',
    ],
    ['a bad key', ['--total', '7', ...MEMBERS, '--key', 'web'], '--key: expected <namespace>/<name>; found "web"'],
    ['a bad format', ['--total', '7', ...MEMBERS, '-o', 'xml'], 'table, json, yaml, markdown'],
  ])('refuses %s', async (_, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('reports all problems together', async () => {
    const { stderr } = await run('--total', 'x', '--member', 'a=b', '--member', 'c=1,max=-1');
    expect(stderr.match(/expected/g)).toHaveLength(3);
  });

  test('shows examples in its help', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('dso-gitops split --total 7 --member member-1=4 --member member-2=6');
  });
});
