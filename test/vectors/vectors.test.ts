import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reasonToLeaveOut } from './kinds.ts';
import { counts, failures } from './report.ts';
import { runVector, type VectorRun } from './run-vector.ts';

const Vectors = z.array(z.unknown());

function runFile(file: string): readonly VectorRun[] {
  const path = new URL(`data/${file}`, import.meta.url);
  return Vectors.parse(JSON.parse(readFileSync(path, 'utf8'))).map(runVector);
}

describe.each([
  ['timeline.json', { passed: 18, failed: 0, skipped: 0 }],
  ['split.json', { passed: 35, failed: 0, skipped: 11 }],
  ['split-rule.json', { passed: 97, failed: 0, skipped: 0 }],
])('%s', (file, expected) => {
  it('holds', () => {
    const runs = runFile(file);
    expect(failures(runs)).toEqual([]);
    expect(counts(runs)).toEqual(expected);
  });
});

/** How many of each kind pass; what is not here is left out as a whole. */
const PASSED: Readonly<Record<string, number>> = {
  behavior: 1,
  behaviorDefaults: 7,
  convertRules: 3,
  externalAverageValue: 10,
  externalValue: 3,
  hpaReconcile: 17,
  kedaActivation: 17,
  kedaFallback: 13,
  kedaFallbackValidation: 10,
  kedaHpaBehavior: 4,
  kedaHpaBounds: 3,
  kedaKubernetesResource: 5,
  kedaMetricQuantity: 7,
  kedaMetricTargetType: 3,
  kedaPaused: 6,
  kedaPausedReplicas: 3,
  kedaReplicaBounds: 8,
  kedaTriggerMetadata: 9,
  kedaTriggers: 4,
  kedaWarnings: 8,
  markOutdated: 2,
  normalizeLegacy: 2,
  policyLimits: 25,
  replicasChangePerPeriod: 1,
  scaleDownLimit: 6,
  scaleEvents: 11,
  scaleUpLimit: 6,
  scaleUpLimitLegacy: 2,
  stabilization: 7,
  stabilizationLegacy: 7,
  usageRatio: 3,
};

describe('hpa.json', () => {
  const runs = runFile('hpa.json');

  it('has 348 vectors, and every kind is run or left out for a reason', () => {
    expect(runs).toHaveLength(348);
    const kinds = [...new Set(runs.map(({ group }) => group))];
    expect(kinds.filter((kind) => reasonToLeaveOut(kind) === null).toSorted()).toEqual(Object.keys(PASSED).toSorted());
  });

  it.each(Object.entries(PASSED))('%s holds', (kind, passed) => {
    const ofKind = runs.filter(({ group }) => group === kind);
    expect(failures(ofKind)).toEqual([]);
    expect(counts(ofKind).passed).toBe(passed);
  });
});
