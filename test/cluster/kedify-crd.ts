import { stringify } from 'yaml';

const TEXT = { type: 'string' };
const INTEGER = { type: 'integer', format: 'int32' };
const TIME = { type: 'string', format: 'date-time' };

/** Of each member; the fields that are ours alone are not there. */
const MEMBER_STATUS = {
  type: 'object',
  required: ['currentReplicas', 'desiredReplicas', 'description', 'id', 'state'],
  properties: {
    currentReplicas: INTEGER,
    desiredReplicas: INTEGER,
    state: TEXT,
    description: TEXT,
    id: TEXT,
    provider: TEXT,
    excluded: { type: 'boolean' },
    lastStatusChangeTime: TIME,
    lastScalingProgressTime: TIME,
  },
};

const CONDITION = {
  type: 'object',
  required: ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
  properties: {
    type: TEXT,
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    reason: TEXT,
    message: TEXT,
    lastTransitionTime: TIME,
    observedGeneration: { type: 'integer', format: 'int64' },
  },
};

const SPEC = {
  type: 'object',
  required: ['rebalancingPolicy', 'scaledObjectSpec'],
  properties: {
    memberClusters: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'weight'],
        properties: { name: TEXT, weight: { ...INTEGER, default: 1 }, targetNamespace: TEXT },
      },
    },
    rebalancingPolicy: {
      type: 'object',
      default: { gracePeriod: '1m', maxRebalancePercentage: 50 },
      properties: {
        gracePeriod: { ...TEXT, default: '1m' },
        maxRebalancePercentage: { ...INTEGER, default: 50 },
      },
    },
    // KEDA's own type, whose fields are no matter here.
    scaledObjectSpec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    totalTargetReplicas: { ...INTEGER, default: 0 },
  },
};

const STATUS = {
  type: 'object',
  required: ['selector', 'totalCurrentReplicas'],
  properties: {
    conditions: { type: 'array', items: CONDITION },
    memberClusterStatuses: { type: 'object', additionalProperties: MEMBER_STATUS },
    membersHealthyCount: INTEGER,
    membersTotalCount: INTEGER,
    print: { type: 'object', properties: { totalReplicas: TEXT, membersCount: TEXT } },
    selector: TEXT,
    totalCurrentReplicas: INTEGER,
  },
};

/** A CRD with the names, fields, defaults and limits of Kedify's, so with fewer limits than ours, and none of our fields. */
export function kedifyCrd(): string {
  const columns = [
    ['TotalReplicas', '.status.print.totalReplicas'],
    ['Members', '.status.print.membersCount'],
    ['Ready', '.status.conditions[?(@.type=="Ready")].status'],
    ['Active', '.status.conditions[?(@.type=="ScaledObjectActive")].status'],
    ['Paused', '.status.conditions[?(@.type=="Paused")].status'],
  ];
  const version = {
    name: 'v1alpha1',
    served: true,
    storage: true,
    additionalPrinterColumns: columns.map(([name, jsonPath]) => ({ name, jsonPath, type: 'string' })),
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: SPEC, status: STATUS } } },
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.totalTargetReplicas',
        statusReplicasPath: '.status.totalCurrentReplicas',
        labelSelectorPath: '.status.selector',
      },
    },
  };
  const names = {
    kind: 'DistributedScaledObject',
    listKind: 'DistributedScaledObjectList',
    plural: 'distributedscaledobjects',
    singular: 'distributedscaledobject',
    shortNames: ['dso'],
  };
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'distributedscaledobjects.keda.kedify.io' },
    spec: { group: 'keda.kedify.io', names, scope: 'Namespaced', versions: [version] },
  };
  return stringify(crd, { aliasDuplicateObjects: false });
}
