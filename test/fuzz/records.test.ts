import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseHold, renderHold } from '../../src/manifests/hold.ts';
import { parseIndex, parseOverlay } from '../../src/manifests/layout.ts';
import { type DecisionRecord, parseRecord, renderRecord } from '../../src/manifests/record.ts';
import { RECORD } from '../config/record.ts';
import { fuzzCases } from './cases.ts';
import { dnsLabel, dnsName, hostileText } from './hostile-text.ts';

const count = fc.integer({ min: 0, max: 2_147_483_647 });
const time = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
  .map((date) => date.toISOString());
// -0 is written as 0.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const milliseconds = fc.integer({ min: 0, max: 4_000_000_000_000 });
const blob = fc.stringMatching(/^[0-9a-f]{40}$/);
const text = hostileText(5);
const plain = text.map((given) => given.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ''));

const demand: fc.Arbitrary<DecisionRecord['state']['after']['demand']> = fc.record({
  total: count,
  asOf: milliseconds,
  createdAt: milliseconds,
  isRefreshing: fc.boolean(),
  lastActiveTime: fc.option(milliseconds),
  isPaused: fc.boolean(),
  readings: fc.array(
    fc.record({
      trigger: text,
      reading: fc.oneof(
        fc.record({ kind: fc.constant('value' as const), value: number }),
        fc.record({ kind: fc.constant('missing' as const), reason: text, message: text }),
      ),
      failingSince: fc.option(milliseconds),
    }),
    { maxLength: 3 },
  ),
  recommendations: fc.array(fc.record({ replicas: count, since: milliseconds, until: fc.option(milliseconds) }), {
    maxLength: 3,
  }),
  events: fc.array(fc.record({ at: milliseconds, change: fc.integer() }), { maxLength: 3 }),
});

const state = fc.record({
  seq: fc.nat(),
  hasRecord: fc.boolean(),
  isUnproven: fc.boolean(),
  isHeld: fc.boolean(),
  firstSeen: milliseconds,
  recent: fc.array(fc.record({ total: count, until: milliseconds })),
  demand,
});

const member = fc.record({
  before: fc.option(count),
  after: count,
  weight: fc.nat(),
  exact: number,
  reason: text,
  targetNamespace: dnsLabel,
  min: count,
  max: fc.option(count),
  priority: fc.nat(),
  path: fc.stringMatching(/^[A-Za-z0-9_./-]{1,30}$/),
  overlay: blob,
});

const record: fc.Arbitrary<DecisionRecord> = fc.record({
  apiVersion: fc.constant(RECORD.apiVersion),
  kind: fc.constant(RECORD.kind),
  metadata: fc.record({ namespace: dnsLabel, name: dnsName }),
  rules: fc.integer({ min: 1, max: 9 }),
  owner: dnsName,
  seq: fc.integer({ min: 1, max: 1_000_000_000 }),
  previous: fc.option(blob),
  time,
  reason: text,
  total: fc.record({ before: fc.option(count), after: count }),
  unplaced: count,
  members: fc.dictionary(dnsName, member, { maxKeys: 4, noNullPrototype: true }),
  orphaned: fc.dictionary(dnsName, count, { maxKeys: 4, noNullPrototype: true }),
  target: fc.record({ group: plain, version: plain, kind: plain, name: plain }),
  readings: fc.array(
    fc.record({
      trigger: text,
      source: text,
      time,
      reading: fc.oneof(fc.record({ value: number.map(Math.abs) }), fc.record({ missing: text, message: text })),
    }),
    { maxLength: 3 },
  ),
  spec: fc.constant(RECORD.spec),
  configuration: fc.constant(RECORD.configuration),
  steps: fc.array(text, { maxLength: 4 }),
  state: fc.record({ before: state, after: state }),
});

// What the parser warns of, it prints with the text of the file in it.
const warnings: string[] = [];
const note = ({ message }: Error): void => void warnings.push(message);
beforeAll(() => void process.on('warning', note));
afterAll(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

describe('a record', () => {
  it('survives being written and read, with the same bytes', () => {
    fc.assert(
      fc.property(record, (given) => {
        const written = renderRecord(given);
        const read = parseRecord(written);
        expect(read).toEqual(given);
        expect(read && renderRecord(read)).toBe(written);
        // Nothing that other tools refuse, or that shows another text than is there.
        expect(written).not.toMatch(/[^\n\P{Cc}]|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}/u);
      }),
      fuzzCases(0.3),
    );
  });

  it('of which anything was changed is read as what it says or not at all, and reaches no prototype', () => {
    const written = renderRecord(RECORD);
    const edit = fc.tuple(fc.nat(written.length), fc.nat(30), hostileText(3));
    fc.assert(
      fc.property(edit, ([at, removed, inserted]) => {
        const read = parseRecord(`${written.slice(0, at)}${inserted}${written.slice(at + removed)}`);
        if (!read) return;
        expect(Object.keys(read).sort()).toEqual(Object.keys(RECORD).sort());
        for (const names of [read.members, read.orphaned])
          for (const name of Object.keys(names)) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
        expect(Reflect.get({}, 'polluted')).toBeUndefined();
      }),
      fuzzCases(0.3),
    );
  });
});

describe('a hold', () => {
  it('survives being written and read', () => {
    const { apiVersion, metadata } = RECORD;
    fc.assert(
      fc.property(text, text, fc.boolean(), time, (by, reason, isHeld, at) => {
        const written = renderHold({ apiVersion, kind: 'Hold', metadata, isHeld, by, time: at, reason });
        expect(parseHold(written)).toMatchObject({ isHeld, by, reason });
      }),
      fuzzCases(),
    );
  });

  it('that is anything else holds', () => {
    fc.assert(
      fc.property(hostileText(), (given) => {
        expect(parseHold(given)).toMatchObject({ isHeld: true });
      }),
      fuzzCases(),
    );
  });
});

describe('any bytes', () => {
  const component = { root: 'r', path: 'p', layout: 'component', helmValuesKey: 'a.b' } as const;
  const values = { ...component, layout: 'helm-values' } as const;
  const fragments = fc.constantFrom(
    '[',
    '{',
    '- ',
    '? ',
    'a: ',
    '&a ',
    '*a ',
    '"',
    '|\n',
    '\n',
    ' ',
    '<<: ',
    '%a\n',
    '---\n',
    '#',
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString()),
    hostileText(),
    fc
      .tuple(fc.array(fragments, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 300 }))
      .map(([parts, times]) => parts.join('').repeat(times)),
  );

  it('are read without an error and without standing still', () => {
    let slowest = 0;
    fc.assert(
      fc.property(bytes, (given) => {
        const start = performance.now();
        parseRecord(given);
        parseHold(given);
        const names = parseIndex(given);
        for (const name of names ?? []) expect(typeof name).toBe('string');
        for (const settings of [component, values]) {
          const { count: found, isUnreadable } = parseOverlay(settings, given);
          expect(found === null || (Number.isInteger(found) && found >= 0 && !isUnreadable)).toBe(true);
        }
        slowest = Math.max(slowest, performance.now() - start);
      }),
      fuzzCases(0.3),
    );
    expect(slowest).toBeLessThan(10_000);
  });
});
