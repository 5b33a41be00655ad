/** One entry of `x-kubernetes-validations`. */
export interface CelRule {
  /** True when the object is fine. */
  readonly rule: string;
  readonly message: string;
  /** The field that the API server names, relative to the object. */
  readonly fieldPath?: string;
}

const RESOURCE = 'self.type != "kubernetes-resource"';
const NUMBER = String.raw`^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$`;

/**
 * What zod says in refinements and src/api/effective.ts in code, once more in CEL, so that the API server refuses it with
 * the field's name. Keys are paths of the schema; `[]` are the items of a list.
 */
export const CEL_RULES: Readonly<Record<string, readonly CelRule[]>> = {
  'spec.memberClusters': [
    {
      rule: 'self.size() == 0 || self.exists(member, member.weight > 0)',
      message: 'expected a weight above 0 on at least one member; with 0 on all, nothing could be placed',
    },
  ],
  'spec.memberClusters[]': [
    {
      rule: '!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas',
      message: 'minReplicas must be at most maxReplicas of the same member',
      fieldPath: '.minReplicas',
    },
  ],
  'spec.scaledObjectSpec': [
    {
      rule: '!has(self.minReplicaCount) || self.minReplicaCount <= (has(self.maxReplicaCount) ? self.maxReplicaCount : 100)',
      message: 'minReplicaCount must be at most maxReplicaCount, which is 100 when it is not set',
      fieldPath: '.minReplicaCount',
    },
    {
      rule: '!has(self.idleReplicaCount) || self.idleReplicaCount == 0',
      message: 'idleReplicaCount must be 0: with another count KEDA and the HPA undo each other without end',
      fieldPath: '.idleReplicaCount',
    },
    {
      rule: '!has(self.idleReplicaCount) || has(self.minReplicaCount)',
      message: 'idleReplicaCount must be less than minReplicaCount; set minReplicaCount',
      fieldPath: '.idleReplicaCount',
    },
    {
      rule: '!has(self.fallback) || self.triggers.exists(trigger, !(trigger.type in ["cpu", "memory"]))',
      message: 'fallback needs at least one trigger that is not cpu or memory',
      fieldPath: '.fallback',
    },
  ],
  'spec.scaledObjectSpec.triggers': [
    {
      rule: 'self.all(a, !has(a.name) || a.name == "" || self.exists_one(b, has(b.name) && b.name == a.name))',
      message: 'expected a unique name for each trigger that has one',
    },
  ],
  'spec.scaledObjectSpec.triggers[]': [
    {
      rule: '!has(self.useCachedMetrics) || !self.useCachedMetrics || !(self.type in ["cpu", "memory", "cron"])',
      message: 'useCachedMetrics is not supported for cpu, memory and cron triggers; remove it',
      fieldPath: '.useCachedMetrics',
    },
    {
      rule: `${RESOURCE} || !has(self.metricType) || self.metricType != "Utilization"`,
      message: 'metricType must be AverageValue or Value for a kubernetes-resource trigger',
      fieldPath: '.metricType',
    },
    metadataRule(`${text('resourceKind')} in ["ConfigMap", "Secret"]`, 'resourceKind must be ConfigMap or Secret'),
    metadataRule(`${text('resourceName')} != ""`, 'resourceName is required'),
    metadataRule(`${text('key')} != ""`, 'key is required'),
    metadataRule(
      `${text('targetValue')}.matches("${NUMBER}") && double(${text('targetValue')}) >= 0.0005 && ${finite('targetValue')}`,
      'targetValue must be a number above 0, at least 0.001, as a text such as "5"',
    ),
    metadataRule(
      `${text('activationTargetValue')} == "" || (${text('activationTargetValue')}.matches("${NUMBER}") && ${finite('activationTargetValue')})`,
      'activationTargetValue must be a number, as a text such as "0"',
    ),
    metadataRule(`${text('format')} in ["", "number", "json", "yaml"]`, 'format must be number, json or yaml'),
    metadataRule(
      `${text('valueType')} in ["", "float64", "int64", "quantity"]`,
      'valueType must be float64, int64 or quantity',
    ),
    metadataRule(
      `(${text('format')} in ["json", "yaml"]) == (${text('valueLocation')} != "")`,
      'valueLocation is required with format json or yaml, and must be absent otherwise',
    ),
  ],
};

/** A rule about the metadata of a kubernetes-resource trigger; each value is trimmed and empty counts as absent, as in KEDA. */
function metadataRule(rule: string, message: string): CelRule {
  return {
    rule: `${RESOURCE} || (${rule})`,
    message: `of a kubernetes-resource trigger: ${message}`,
    fieldPath: '.metadata',
  };
}

function text(key: string): string {
  return `("${key}" in self.metadata ? self.metadata["${key}"].trim() : "")`;
}

/** Beyond it a text such as 1e400 is infinite. */
function finite(key: string): string {
  return `double(${text(key)}) <= 1.7976931348623157e308`;
}
