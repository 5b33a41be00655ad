import { MAX_REPLICAS } from '../demand/metric.ts';
import { DnsLabel } from './names.ts';
import { type Problem, show } from './problem.ts';

/** The annotation that gives the total of a workload that already runs. */
export const INITIAL_TOTAL = 'dso-gitops.dev/initial-total';

/** The annotation that adds namespaces which the base of an application sets itself. */
export const BASE_NAMESPACES = 'dso-gitops.dev/base-namespaces';

/** The annotation that asks for an evaluation now; echoed in the status. */
export const REQUESTED_AT = 'dso-gitops.dev/requestedAt';

/** The annotation that says until when another controller wrote the status: what it left is taken over. */
export const TAKE_OVER = 'dso-gitops.dev/take-over';

type Annotations = Readonly<Record<string, string>>;

/** The total that runs now; null: not given. */
export function readInitialTotal(annotations: Annotations): {
  total: number | null;
  problems: readonly Problem[];
} {
  const text = annotations[INITIAL_TOTAL];
  if (text === undefined) return { total: null, problems: [] };
  const total = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (total <= MAX_REPLICAS) return { total, problems: [] };
  return { total: null, problems: [annotationProblem(INITIAL_TOTAL, 'an integer from 0 to 2147483647', text)] };
}

/** Namespaces that the base of an application sets itself. */
export function readBaseNamespaces(annotations: Annotations): {
  names: readonly string[];
  problems: readonly Problem[];
} {
  const text = annotations[BASE_NAMESPACES] ?? '';
  const names = text.split(',').flatMap((name) => name.trim() || []);
  if (names.every((name) => DnsLabel.safeParse(name).success)) return { names, problems: [] };
  return { names: [], problems: [annotationProblem(BASE_NAMESPACES, 'namespaces joined by commas', text)] };
}

/** A problem of one annotation. */
export function annotationProblem(name: string, expected: string, found: string): Problem {
  return { path: ['metadata', 'annotations', name], message: `expected ${expected}; found ${show(found)}` };
}

/** What rules may be about: not the whole object once more, which kubectl apply notes for itself. */
export function withoutLastApplied(annotations: Annotations): Annotations {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...rest } = annotations;
  return rest;
}
