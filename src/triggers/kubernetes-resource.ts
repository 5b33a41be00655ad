import { parse } from 'yaml';
import type { Problem } from '../api/problem.ts';
import { didYouMean, show } from '../api/problem.ts';
import { toMilli } from '../demand/quantity.ts';
import type { Reading } from '../demand/reading.ts';
import type { HubObject } from './hub-object.ts';
import { missing, parseNumber, parseValue, type ValueType } from './trigger-value.ts';
import { locateValue } from './value-location.ts';

/** Metadata of a `kubernetes-resource` trigger, checked. KEDA pkg/scalers/kubernetes_resource_scaler.go. */
export interface KubernetesResourceTrigger {
  readonly resourceKind: HubObject['kind'];
  readonly resourceName: string;
  readonly key: string;
  /** > 0, at least 0.001. */
  readonly target: number;
  /** Active while the value is above it. */
  readonly activation: number;
  readonly format: 'number' | 'json' | 'yaml';
  /** null with format number. */
  readonly valueLocation: string | null;
  readonly valueType: ValueType;
}

/** A trigger, or all that is wrong with its metadata. */
export type ParsedTrigger = { readonly trigger: KubernetesResourceTrigger } | { readonly problems: readonly Problem[] };

/** The largest text a value may have; a ConfigMap holds 1 MiB. */
const MAX_VALUE_LENGTH = 1_048_576;

/** Checks the metadata. Every value is a string, trimmed; an empty one counts as absent, unknown keys are ignored. */
export function parseKubernetesResource(metadata: Readonly<Record<string, string>>): ParsedTrigger {
  const problems: Problem[] = [];
  const get = (key: string): string => metadata[key]?.trim() ?? '';
  const problem = (key: string, message: string): void => void problems.push({ path: [key], message });
  const required = (key: string): string => {
    if (get(key) === '') problem(key, 'is required; found nothing');
    return get(key);
  };
  const choice = <T extends string>(key: string, choices: readonly T[], fallback: T | null): T | null => {
    const value = get(key);
    const chosen = choices.find((candidate) => candidate === value) ?? (value === '' ? fallback : null);
    if (chosen === null) problem(key, `expected one of ${choices.join(', ')}; found ${show(value)}`);
    return chosen;
  };
  const number = (key: string, fallback: number): number => {
    const value = get(key) === '' ? fallback : parseNumber(get(key));
    if (value !== null && Number.isFinite(value)) return value;
    problem(key, `expected a number; found ${show(get(key))}`);
    return Number.NaN;
  };

  const resourceKind = choice<'ConfigMap' | 'Secret'>('resourceKind', ['ConfigMap', 'Secret'], null);
  const resourceName = required('resourceName');
  const key = required('key');
  required('targetValue');
  const target = get('targetValue') === '' ? Number.NaN : number('targetValue', 0);
  if (!Number.isNaN(target) && (target <= 0 || toMilli(target) === 0n)) {
    problem('targetValue', `expected a number above 0, at least 0.001; found ${show(get('targetValue'))}`);
  }
  const activation = number('activationTargetValue', 0);
  const format = choice('format', ['number', 'json', 'yaml'], 'number');
  const valueType = choice('valueType', ['float64', 'int64', 'quantity'], 'float64');
  const valueLocation = get('valueLocation') === '' ? null : get('valueLocation');
  if (format === 'number' && valueLocation !== null) {
    problem('valueLocation', 'expected nothing with format number; set format to json or yaml, or remove it');
  }
  if ((format === 'json' || format === 'yaml') && valueLocation === null) {
    problem('valueLocation', `is required with format ${format}; found nothing`);
  }
  if (problems.length > 0 || !resourceKind || !format || !valueType) return { problems };
  return { trigger: { resourceKind, resourceName, key, target, activation, format, valueLocation, valueType } };
}

const KNOWN_KEYS = [
  'resourceKind',
  'resourceName',
  'key',
  'targetValue',
  'activationTargetValue',
  'format',
  'valueLocation',
  'valueType',
];

/** Keys that have no effect: KEDA ignores them, and so they are advice and no error. */
export function adviseMetadata(metadata: Readonly<Record<string, string>>): readonly Problem[] {
  return Object.keys(metadata).flatMap((key) => {
    if (KNOWN_KEYS.includes(key)) return [];
    const meant = didYouMean(key, KNOWN_KEYS);
    const advice = meant ? `; did you mean ${show(meant)}?` : `; known: ${KNOWN_KEYS.join(', ')}`;
    return [{ path: [key], message: `has no effect on a kubernetes-resource trigger${advice}` }];
  });
}

/** The reading of a trigger from the object that it names. */
export function readKubernetesResource(
  trigger: KubernetesResourceTrigger,
  namespace: string,
  object: HubObject | null,
): Reading {
  const name = `${trigger.resourceKind} ${namespace}/${trigger.resourceName}`;
  if (!object) return missing('ObjectMissing', `${name} is not there; create it with key ${show(trigger.key)}`);
  const entry = object.data.get(trigger.key);
  if (!entry) {
    const keys = [...object.data.keys()].slice(0, 10).join(', ');
    return missing('KeyMissing', `${name} has no key ${show(trigger.key)}; its keys: ${keys === '' ? 'none' : keys}`);
  }
  const what = `${name} key ${show(trigger.key)}`;
  if (entry.kind === 'invalid') return missing('ValueNotReadable', `${what} ${entry.problem}`);
  if (entry.text.length > MAX_VALUE_LENGTH) {
    const found = `${entry.text.length} characters`;
    return missing(
      'ValueTooLarge',
      `${what} is too large; expected at most ${MAX_VALUE_LENGTH} characters, found ${found}`,
    );
  }
  const isSecret = trigger.resourceKind === 'Secret';
  if (trigger.format === 'number') return parseValue(entry.text, trigger.valueType, what, isSecret);
  return readAtLocation(trigger, entry.text, what, isSecret);
}

function readAtLocation(trigger: KubernetesResourceTrigger, text: string, what: string, isSecret: boolean): Reading {
  const document = parseDocument(text, trigger.format);
  if (document === null) return missing('ValueNotParsable', `${what} is not valid ${trigger.format.toUpperCase()}`);
  const located = locateValue(document.value, trigger.valueLocation ?? '');
  if ('problem' in located) return missing('LocationMissing', `${what}: ${located.problem}`);
  const place = `${what} at ${show(trigger.valueLocation)}`;
  const { value } = located;
  if (typeof value === 'number') {
    // KEDA truncates a JSON number that is asked for as int64.
    return parseValue(String(trigger.valueType === 'int64' ? Math.trunc(value) : value), 'float64', place, isSecret);
  }
  if (typeof value === 'string') return parseValue(value, trigger.valueType, place, isSecret);
  return missing(
    'ValueNotNumeric',
    `${place} is not a number or a text; found ${value === null ? 'null' : typeof value}`,
  );
}

function parseDocument(text: string, format: 'number' | 'json' | 'yaml'): { readonly value: unknown } | null {
  try {
    return { value: format === 'json' ? JSON.parse(text) : parse(text, { merge: true }) };
  } catch {
    return null;
  }
}
