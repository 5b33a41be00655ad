import type { Fallback } from '../demand/fallback.ts';
import type { Ramp } from '../demand/limits.ts';
import { DEFAULT_TOLERANCE, MAX_REPLICAS, type Tolerance } from '../demand/metric.ts';
import {
  FORCE_ACTIVATION,
  isAnnotationSet,
  PAUSED_REPLICAS,
  PAUSED_SCALE_IN,
  PAUSED_SCALE_OUT,
  pauseOf,
} from '../demand/pause.ts';
import { type DemandSpec, effectiveTolerance, hpaMaxReplicas } from '../demand/spec.ts';
import {
  adviseMetadata,
  type KubernetesResourceTrigger,
  parseKubernetesResource,
} from '../triggers/kubernetes-resource.ts';
import { annotationProblem, readBaseNamespaces, readInitialTotal, withoutLastApplied } from './annotations.ts';
import { behaviorOf } from './behavior.ts';
import { adviseBounds, checkBounds } from './bounds.ts';
import type { DsoManifest } from './dso.ts';
import { byScale, type Engine, readEngine } from './engine.ts';
import { engineOf } from './engine-of.ts';
import { objectKey } from './names.ts';
import type { Path, Problem } from './problem.ts';
import { show } from './problem.ts';
import { type ScaledObjectSpec, SPEC } from './scaled-object.ts';
import { type ScaleTarget, splitApiVersion } from './target.ts';
import { checkFallback, checkTriggers, metricTypeOf } from './trigger-list.ts';

/** A member of a DSO with its defaults. */
export interface DsoMember {
  readonly name: string;
  readonly weight: number;
  readonly targetNamespace: string;
  /** Replicas; 0: none demanded. */
  readonly min: number;
  /** null: no bound. */
  readonly max: number | null;
  readonly priority: number;
}

/** A trigger that this version evaluates. */
export interface DsoTrigger {
  readonly id: string;
  readonly resource: KubernetesResourceTrigger;
}

/** A DSO with every default applied and every rule checked. */
export interface Dso {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Without what kubectl apply notes for itself. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Epoch milliseconds; null: not known. */
  readonly createdAt: number | null;
  readonly target: ScaleTarget;
  readonly engine: Engine;
  /** What KEDA evaluates, as it is in the object; null: it does not. */
  readonly scaledObject: ScaledObjectSpec | null;
  /** null: all known members, weight 1. */
  readonly members: readonly DsoMember[] | null;
  readonly triggers: readonly DsoTrigger[];
  readonly demand: DemandSpec;
  /** null: no annotation. */
  readonly initialTotal: number | null;
  /** Namespaces that the workload may have before the overlay is applied, beside its own and none. */
  readonly baseNamespaces: readonly string[];
  /** Settings without an effect. */
  readonly advice: readonly Problem[];
}

/** What a manifest comes to. */
export type EffectiveDso =
  | { readonly kind: 'dso'; readonly dso: Dso }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }
  /** Correct, but with something this version does not serve: left alone. */
  | { readonly kind: 'unsupported'; readonly problem: Problem };

/** Settings of the installation that demand depends on. */
export interface DemandSettings {
  readonly ramp: Ramp | null;
  readonly tolerance: Tolerance;
  /** The hub is a cluster: KEDA can be asked for what we do not know. Absent: it is not. */
  readonly isCluster?: boolean;
}

export const DEFAULT_DEMAND_SETTINGS: DemandSettings = { ramp: null, tolerance: DEFAULT_TOLERANCE };

/** Applies defaults and all rules that zod cannot say. All problems of the object are reported together. */
export function effectiveDso(manifest: DsoManifest, settings: DemandSettings): EffectiveDso {
  const { metadata, spec } = manifest;
  const scaled = spec.scaledObjectSpec;
  const annotations = metadata.annotations ?? {};
  const triggers = resolveTriggers(manifest);
  const { choice, problems: engineProblems } = readEngine(annotations);
  const initialTotal = readInitialTotal(annotations);
  const baseNamespaces = readBaseNamespaces(annotations);
  const bounds = {
    minReplicaCount: scaled.minReplicaCount ?? null,
    maxReplicaCount: scaled.maxReplicaCount ?? null,
    idleReplicaCount: scaled.idleReplicaCount ?? null,
  };
  const pause = pauseOf(annotations);
  const problems: Problem[] = [
    ...checkMembers(manifest),
    ...under(SPEC, checkBounds(bounds)),
    ...idleProblems(bounds.idleReplicaCount),
    ...under([...SPEC, 'triggers'], checkTriggers(scaled.triggers)),
    ...(scaled.fallback ? under([...SPEC, 'fallback'], checkFallback(scaled.fallback, scaled.triggers)) : []),
    ...triggers.problems,
    ...engineProblems,
    ...initialTotal.problems,
    ...baseNamespaces.problems,
  ];
  if (pause.kind === 'invalid') {
    problems.push(annotationProblem(PAUSED_REPLICAS, 'an integer from 0 to 2147483647', pause.found));
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  const { engine, unsupported } = engineOf(choice, manifest, settings.isCluster === true);
  if (unsupported) return { kind: 'unsupported', problem: unsupported };
  const isScaleInPaused = isAnnotationSet(annotations, PAUSED_SCALE_IN);
  const isScaleOutPaused = isAnnotationSet(annotations, PAUSED_SCALE_OUT);
  const behavior = behaviorOf(manifest, isScaleInPaused, isScaleOutPaused, settings.ramp);
  const createdAt = Date.parse(metadata.creationTimestamp ?? '');
  const demand: DemandSpec = {
    triggers: triggers.triggers.map(({ id, resource }, index) => ({
      id,
      metricType: metricTypeOf(scaled.triggers[index]?.metricType) ?? 'AverageValue',
      target: resource.target,
      activation: resource.activation,
    })),
    minReplicaCount: bounds.minReplicaCount,
    maxReplicaCount: hpaMaxReplicas(bounds.maxReplicaCount),
    idleReplicaCount: bounds.idleReplicaCount,
    pollingIntervalMs: (scaled.pollingInterval ?? 30) * 1000,
    cooldownMs: (scaled.cooldownPeriod ?? 300) * 1000,
    initialCooldownMs: (scaled.initialCooldownPeriod ?? 0) * 1000,
    fallback: fallbackOf(manifest),
    behavior,
    tolerance: effectiveTolerance(behavior, settings.tolerance),
    ramp: settings.ramp,
    pause,
    isScaleInPaused,
    isScaleOutPaused,
    isActivationForced: isAnnotationSet(annotations, FORCE_ACTIVATION),
  };
  const own = {
    builtin: () => ({ triggers: triggers.triggers, demand }),
    // They are in the number already.
    keda: () => byScale(metadata.name, { ...demand, minReplicaCount: null, maxReplicaCount: MAX_REPLICAS }),
    manual: () => byScale(metadata.name, demand),
  }[engine]();
  return {
    kind: 'dso',
    dso: {
      key: objectKey(metadata.namespace, metadata.name),
      namespace: metadata.namespace,
      name: metadata.name,
      labels: metadata.labels ?? {},
      annotations: withoutLastApplied(annotations),
      createdAt: Number.isNaN(createdAt) ? null : createdAt,
      target: targetOf(manifest),
      engine,
      scaledObject: engine === 'keda' ? scaled : null,
      members: membersOf(manifest),
      ...own,
      initialTotal: initialTotal.total,
      baseNamespaces: baseNamespaces.names,
      advice: [
        ...adviseTriggers(manifest),
        ...under(
          SPEC,
          adviseBounds({
            ...bounds,
            pollingInterval: scaled.pollingInterval ?? null,
            cooldownPeriod: scaled.cooldownPeriod ?? null,
            isUsingCachedMetrics: scaled.triggers.some(({ useCachedMetrics }) => useCachedMetrics === true),
          }),
        ),
      ],
    },
  };
}

function under(prefix: Path, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, path: [...prefix, ...problem.path] }));
}

function checkMembers({ spec }: DsoManifest): readonly Problem[] {
  const problems: Problem[] = [];
  const members = spec.memberClusters ?? [];
  const first = new Map<string, number>();
  for (const [index, member] of members.entries()) {
    const path = ['spec', 'memberClusters', index];
    const earlier = first.get(member.name);
    if (earlier === undefined) first.set(member.name, index);
    else {
      const message = `expected every member once; ${show(member.name)} is memberClusters[${earlier}], too; remove one`;
      problems.push({ path: [...path, 'name'], message });
    }
    const { minReplicas: min, maxReplicas: max } = member;
    if (min !== undefined && max !== undefined && min > max) {
      problems.push({ path: [...path, 'minReplicas'], message: `expected at most maxReplicas ${max}; found ${min}` });
    }
  }
  if (members.length > 0 && members.every(({ weight }) => weight === 0)) {
    const message = 'expected a weight above 0 on at least one member; found 0 on all, so nothing could be placed';
    problems.push({ path: ['spec', 'memberClusters'], message });
  }
  return problems;
}

function idleProblems(idle: number | null): readonly Problem[] {
  if (idle === null || idle === 0) return [];
  const message = `expected 0: with another idle count KEDA and the HPA undo each other without end; found ${idle}`;
  return [{ path: [...SPEC, 'idleReplicaCount'], message }];
}

function adviseTriggers({ spec }: DsoManifest): readonly Problem[] {
  return spec.scaledObjectSpec.triggers.flatMap(({ metadata }, index) =>
    under([...SPEC, 'triggers', index, 'metadata'], adviseMetadata(metadata)),
  );
}

function resolveTriggers({ spec }: DsoManifest): { triggers: readonly DsoTrigger[]; problems: readonly Problem[] } {
  const triggers: DsoTrigger[] = [];
  const problems: Problem[] = [];
  for (const [index, trigger] of spec.scaledObjectSpec.triggers.entries()) {
    if (trigger.type !== 'kubernetes-resource') continue;
    const path = [...SPEC, 'triggers', index];
    if (metricTypeOf(trigger.metricType) === null) {
      const message = `expected AverageValue or Value for kubernetes-resource; found ${show(trigger.metricType)}`;
      problems.push({ path: [...path, 'metricType'], message });
    }
    const parsed = parseKubernetesResource(trigger.metadata);
    if ('problems' in parsed) problems.push(...under([...path, 'metadata'], parsed.problems));
    else triggers.push({ id: triggerId(trigger.name || parsed.trigger.key, triggers), resource: parsed.trigger });
  }
  return { triggers, problems };
}

/** The name, or the key that it reads; a second one of the same name is numbered. */
function triggerId(name: string, earlier: readonly DsoTrigger[]): string {
  const isTaken = (candidate: string): boolean => earlier.some(({ id }) => id === candidate);
  if (!isTaken(name)) return name;
  let number = 2;
  while (isTaken(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}

function fallbackOf({ spec }: DsoManifest): Fallback | null {
  const { fallback } = spec.scaledObjectSpec;
  if (!fallback || fallback.behavior === 'scalingModifiers') return null;
  return { ...fallback, behavior: fallback.behavior };
}

function targetOf({ spec }: DsoManifest): ScaleTarget {
  const { apiVersion, kind, name } = spec.scaledObjectSpec.scaleTargetRef;
  const { group, version } = splitApiVersion(apiVersion || 'apps/v1');
  return { group, version, kind: kind || 'Deployment', name };
}

function membersOf({ metadata, spec }: DsoManifest): readonly DsoMember[] | null {
  if (!spec.memberClusters || spec.memberClusters.length === 0) return null;
  return spec.memberClusters.map((member) => ({
    name: member.name,
    weight: member.weight,
    targetNamespace: member.targetNamespace ?? metadata.namespace,
    min: member.minReplicas ?? 0,
    max: member.maxReplicas ?? null,
    priority: member.priority ?? 0,
  }));
}
