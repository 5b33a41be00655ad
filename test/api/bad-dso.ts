/** One wrong manifest: the guide's with a part replaced, and what is said about it. */
export interface BadDso {
  readonly name: string;
  readonly replace: string;
  readonly by: string;
  /** All of them, as printed: `file:line: path: message`. */
  readonly problems: readonly string[];
  /**
   * Who refuses it in the API server. `schema`: plain validation, which ajv knows as well. `cel`: x-kubernetes-validations.
   * `listMap`: x-kubernetes-list-map-keys. `strict`: strict field validation, kubectl's default. `metadata`: the rules of
   * names of all objects.
   */
  readonly refusedBy: 'schema' | 'cel' | 'listMap' | 'strict' | 'metadata';
}

/** Wrong DSOs, for zod and for the CRD. */
export const BAD_DSOS: readonly BadDso[] = [
  {
    name: 'the same member twice',
    refusedBy: 'listMap',
    replace: 'name: member-2',
    by: 'name: member-1',
    problems: [
      'dso.yaml:10: spec.memberClusters[1].name: expected every member once; "member-1" is memberClusters[0], too; remove one',
    ],
  },
  {
    name: 'a weight below 0',
    refusedBy: 'schema',
    replace: 'weight: 4',
    by: 'weight: -1',
    problems: ['dso.yaml:9: spec.memberClusters[0].weight: expected at least 0; found -1'],
  },
  {
    name: 'half a weight',
    refusedBy: 'schema',
    replace: 'weight: 4',
    by: 'weight: 1.5',
    problems: ['dso.yaml:9: spec.memberClusters[0].weight: expected an integer; found 1.5'],
  },
  {
    name: 'a weight as a text',
    refusedBy: 'schema',
    replace: 'weight: 4',
    by: 'weight: "4"',
    problems: ['dso.yaml:9: spec.memberClusters[0].weight: expected a number; found "4"; remove the quotes'],
  },
  {
    name: 'a weight beyond the limit',
    refusedBy: 'schema',
    replace: 'weight: 4',
    by: 'weight: 1000001',
    problems: ['dso.yaml:9: spec.memberClusters[0].weight: expected at most 1000000; found 1000001'],
  },
  {
    name: 'all weights 0',
    refusedBy: 'cel',
    replace: 'weight: 4\n    - name: member-2\n      weight: 6',
    by: 'weight: 0\n    - name: member-2\n      weight: 0',
    problems: [
      'dso.yaml:7: spec.memberClusters: expected a weight above 0 on at least one member; found 0 on all, so nothing could be placed',
    ],
  },
  {
    name: 'minReplicas above maxReplicas',
    refusedBy: 'cel',
    replace: 'weight: 4',
    by: 'minReplicas: 5\n      maxReplicas: 3',
    problems: ['dso.yaml:9: spec.memberClusters[0].minReplicas: expected at most maxReplicas 3; found 5'],
  },
  {
    name: 'minReplicaCount above maxReplicaCount',
    refusedBy: 'cel',
    replace: 'minReplicaCount: 0',
    by: 'minReplicaCount: 11',
    problems: [
      'dso.yaml:16: spec.scaledObjectSpec.minReplicaCount: MinReplicaCount=11 must be less than MaxReplicaCount=10',
    ],
  },
  {
    name: 'minReplicaCount above the default maximum',
    refusedBy: 'cel',
    replace: 'minReplicaCount: 0\n    maxReplicaCount: 10',
    by: 'minReplicaCount: 101',
    problems: [
      'dso.yaml:16: spec.scaledObjectSpec.minReplicaCount: MinReplicaCount=101 must be less than MaxReplicaCount=100',
    ],
  },
  {
    name: 'maxReplicaCount 0',
    refusedBy: 'schema',
    replace: 'maxReplicaCount: 10',
    by: 'maxReplicaCount: 0',
    problems: ['dso.yaml:17: spec.scaledObjectSpec.maxReplicaCount: expected at least 1; found 0'],
  },
  {
    name: 'idleReplicaCount 1',
    refusedBy: 'cel',
    replace: 'minReplicaCount: 0',
    by: 'minReplicaCount: 2\n    idleReplicaCount: 1',
    problems: [
      'dso.yaml:17: spec.scaledObjectSpec.idleReplicaCount: expected 0: with another idle count KEDA and the HPA undo each other without end; found 1',
    ],
  },
  {
    name: 'idleReplicaCount without minReplicaCount',
    refusedBy: 'cel',
    replace: 'minReplicaCount: 0',
    by: 'idleReplicaCount: 0',
    problems: [
      'dso.yaml:16: spec.scaledObjectSpec.idleReplicaCount: IdleReplicaCount=0 must be less than MinReplicaCount=0',
    ],
  },
  {
    name: 'a member with ../',
    refusedBy: 'schema',
    replace: 'name: member-1',
    by: 'name: ../member-1',
    problems: [
      'dso.yaml:8: spec.memberClusters[0].name: expected lower-case letters, digits, "-" and ".", starting and ending with a letter or digit; found "../member-1"',
    ],
  },
  {
    name: 'a member with a line break',
    refusedBy: 'schema',
    replace: 'name: member-1',
    by: 'name: "member\\n1"',
    problems: [
      'dso.yaml:8: spec.memberClusters[0].name: expected lower-case letters, digits, "-" and ".", starting and ending with a letter or digit; found "member\\n1"',
    ],
  },
  {
    name: 'a member of 300 characters',
    refusedBy: 'schema',
    replace: 'name: member-1',
    by: `name: ${'m'.repeat(300)}`,
    problems: [
      'dso.yaml:8: spec.memberClusters[0].name: expected at most 253 characters; found "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm...',
    ],
  },
  {
    name: 'a name with ../',
    refusedBy: 'metadata',
    replace: 'name: dso-demo\n',
    by: 'name: ../../etc\n',
    problems: [
      'dso.yaml:4: metadata.name: expected lower-case letters, digits, "-" and ".", starting and ending with a letter or digit; found "../../etc"',
    ],
  },
  {
    name: 'a name with a line break',
    refusedBy: 'metadata',
    replace: 'name: dso-demo\n',
    by: 'name: "dso\\ndemo"\n',
    problems: [
      'dso.yaml:4: metadata.name: expected lower-case letters, digits, "-" and ".", starting and ending with a letter or digit; found "dso\\ndemo"',
    ],
  },
  {
    name: 'a name of 300 characters',
    refusedBy: 'metadata',
    replace: 'name: dso-demo\n',
    by: `name: ${'d'.repeat(300)}\n`,
    problems: [
      'dso.yaml:4: metadata.name: expected at most 250 characters: with .yaml a longer name is none that a file can have; found "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd...',
    ],
  },
  {
    name: 'the name of a file of kustomize',
    refusedBy: 'metadata',
    replace: 'name: dso-demo\n',
    by: 'name: kustomization.yaml\n',
    problems: [
      'dso.yaml:4: metadata.name: expected another name: kustomize takes a file of this name for its own; found "kustomization.yaml"',
    ],
  },
  {
    name: 'a namespace with a slash',
    refusedBy: 'metadata',
    replace: 'namespace: default',
    by: 'namespace: a/b',
    problems: [
      'dso.yaml:5: metadata.namespace: expected lower-case letters, digits and "-", starting and ending with a letter or digit; found "a/b"',
    ],
  },
  {
    name: 'a target namespace with ..',
    refusedBy: 'schema',
    replace: 'weight: 4',
    by: 'targetNamespace: ..',
    problems: [
      'dso.yaml:9: spec.memberClusters[0].targetNamespace: expected lower-case letters, digits and "-", starting and ending with a letter or digit; found ".."',
    ],
  },
  {
    name: 'a misspelled key',
    refusedBy: 'strict',
    replace: 'weight: 4',
    by: 'wieght: 4',
    problems: ['dso.yaml:9: spec.memberClusters[0].wieght: unknown key "wieght"; did you mean "weight"?'],
  },
  {
    name: 'a key of nothing that exists',
    refusedBy: 'strict',
    replace: '  memberClusters',
    by: '  replicas: 3\n  memberClusters',
    problems: [
      'dso.yaml:7: spec.replicas: unknown key "replicas"; known keys: memberClusters, rebalancingPolicy, scaledObjectSpec, totalTargetReplicas',
    ],
  },
  {
    name: 'a misspelled key of the ScaledObject',
    refusedBy: 'strict',
    replace: 'minReplicaCount',
    by: 'minReplicasCount',
    problems: [
      'dso.yaml:16: spec.scaledObjectSpec.minReplicasCount: unknown key "minReplicasCount"; did you mean "minReplicaCount"?',
    ],
  },
  {
    name: 'a list that is a text',
    refusedBy: 'schema',
    replace: 'memberClusters:\n    - name: member-1\n      weight: 4\n    - name: member-2\n      weight: 6',
    by: 'memberClusters: member-1',
    problems: ['dso.yaml:7: spec.memberClusters: expected a list; found "member-1"'],
  },
  {
    name: 'a member that is a text',
    refusedBy: 'schema',
    replace: '- name: member-1\n      weight: 4',
    by: '- member-1',
    problems: ['dso.yaml:8: spec.memberClusters[0]: expected a map of keys; found "member-1"'],
  },
  {
    name: 'a count that is a text',
    refusedBy: 'schema',
    replace: 'maxReplicaCount: 10',
    by: 'maxReplicaCount: ten',
    problems: ['dso.yaml:17: spec.scaledObjectSpec.maxReplicaCount: expected a number; found "ten"'],
  },
  {
    name: 'no scaledObjectSpec',
    refusedBy: 'schema',
    replace: 'scaledObjectSpec',
    by: 'scaledObject',
    problems: [
      'dso.yaml:6: spec.scaledObjectSpec: expected a map of keys; found nothing',
      'dso.yaml:12: spec.scaledObject: unknown key "scaledObject"; did you mean "scaledObjectSpec"?',
    ],
  },
  {
    name: 'no triggers',
    refusedBy: 'schema',
    replace: 'triggers:',
    by: 'trigger:',
    problems: [
      'dso.yaml:12: spec.scaledObjectSpec.triggers: expected a list; found nothing',
      'dso.yaml:18: spec.scaledObjectSpec.trigger: unknown key "trigger"; did you mean "triggers"?',
    ],
  },
  {
    name: 'an empty list of triggers',
    refusedBy: 'schema',
    replace:
      'triggers:\n      - type: kubernetes-resource\n        metadata:\n          resourceKind: ConfigMap\n          resourceName: dso-mock-metric\n          key: metric-value\n          targetValue: "5"\n',
    by: 'triggers: []\n',
    problems: ['dso.yaml:18: spec.scaledObjectSpec.triggers: expected at least 1 item; found []'],
  },
  {
    name: 'no name of the target',
    refusedBy: 'schema',
    replace: '\n      name: dso-demo-app',
    by: '',
    problems: ['dso.yaml:13: spec.scaledObjectSpec.scaleTargetRef.name: expected a text; found nothing'],
  },
  {
    name: 'Utilization',
    refusedBy: 'cel',
    replace: '- type: kubernetes-resource',
    by: '- type: kubernetes-resource\n        metricType: Utilization',
    problems: [
      'dso.yaml:20: spec.scaledObjectSpec.triggers[0].metricType: expected AverageValue or Value for kubernetes-resource; found "Utilization"',
    ],
  },
  {
    name: 'an unknown metric type',
    refusedBy: 'schema',
    replace: '- type: kubernetes-resource',
    by: '- type: kubernetes-resource\n        metricType: Average',
    problems: [
      'dso.yaml:20: spec.scaledObjectSpec.triggers[0].metricType: expected one of "AverageValue", "Value", "Utilization"; found "Average"',
    ],
  },
  {
    name: 'a target that is a number',
    refusedBy: 'schema',
    replace: 'targetValue: "5"',
    by: 'targetValue: 5',
    problems: [
      'dso.yaml:24: spec.scaledObjectSpec.triggers[0].metadata.targetValue: expected a text; found 5; put it in quotes',
    ],
  },
  {
    name: 'a target of 0',
    refusedBy: 'cel',
    replace: 'targetValue: "5"',
    by: 'targetValue: "0"',
    problems: [
      'dso.yaml:24: spec.scaledObjectSpec.triggers[0].metadata.targetValue: expected a number above 0, at least 0.001; found "0"',
    ],
  },
  {
    name: 'a target that is no number',
    refusedBy: 'cel',
    replace: 'targetValue: "5"',
    by: 'targetValue: 5abc',
    problems: ['dso.yaml:24: spec.scaledObjectSpec.triggers[0].metadata.targetValue: expected a number; found "5abc"'],
  },
  {
    name: 'a target below what counts',
    refusedBy: 'cel',
    replace: 'targetValue: "5"',
    by: 'targetValue: "0.0004"',
    problems: [
      'dso.yaml:24: spec.scaledObjectSpec.triggers[0].metadata.targetValue: expected a number above 0, at least 0.001; found "0.0004"',
    ],
  },
  {
    name: 'an infinite target',
    refusedBy: 'cel',
    replace: 'targetValue: "5"',
    by: 'targetValue: "1e400"',
    problems: ['dso.yaml:24: spec.scaledObjectSpec.triggers[0].metadata.targetValue: expected a number; found "1e400"'],
  },
  {
    name: 'no target',
    refusedBy: 'cel',
    replace: '          targetValue: "5"\n',
    by: '',
    problems: ['dso.yaml:20: spec.scaledObjectSpec.triggers[0].metadata.targetValue: is required; found nothing'],
  },
  {
    name: 'no key',
    refusedBy: 'cel',
    replace: '          key: metric-value\n',
    by: '',
    problems: ['dso.yaml:20: spec.scaledObjectSpec.triggers[0].metadata.key: is required; found nothing'],
  },
  {
    name: 'a blank key',
    refusedBy: 'cel',
    replace: 'key: metric-value',
    by: 'key: " "',
    problems: ['dso.yaml:23: spec.scaledObjectSpec.triggers[0].metadata.key: is required; found nothing'],
  },
  {
    name: 'no resource name',
    refusedBy: 'cel',
    replace: '          resourceName: dso-mock-metric\n',
    by: '',
    problems: ['dso.yaml:20: spec.scaledObjectSpec.triggers[0].metadata.resourceName: is required; found nothing'],
  },
  {
    name: 'another kind of resource',
    refusedBy: 'cel',
    replace: 'resourceKind: ConfigMap',
    by: 'resourceKind: Deployment',
    problems: [
      'dso.yaml:21: spec.scaledObjectSpec.triggers[0].metadata.resourceKind: expected one of ConfigMap, Secret; found "Deployment"',
    ],
  },
  {
    name: 'an activation that is no number',
    refusedBy: 'cel',
    replace: 'targetValue: "5"',
    by: 'targetValue: "5"\n          activationTargetValue: x',
    problems: [
      'dso.yaml:25: spec.scaledObjectSpec.triggers[0].metadata.activationTargetValue: expected a number; found "x"',
    ],
  },
  {
    name: 'an unknown format',
    refusedBy: 'cel',
    replace: 'targetValue: "5"',
    by: 'targetValue: "5"\n          format: xml',
    problems: [
      'dso.yaml:25: spec.scaledObjectSpec.triggers[0].metadata.format: expected one of number, json, yaml; found "xml"',
    ],
  },
  {
    name: 'a location without a format',
    refusedBy: 'cel',
    replace: 'targetValue: "5"',
    by: 'targetValue: "5"\n          valueLocation: a.b',
    problems: [
      'dso.yaml:25: spec.scaledObjectSpec.triggers[0].metadata.valueLocation: expected nothing with format number; set format to json or yaml, or remove it',
    ],
  },
  {
    name: 'a format without a location',
    refusedBy: 'cel',
    replace: 'targetValue: "5"',
    by: 'targetValue: "5"\n          format: json',
    problems: [
      'dso.yaml:20: spec.scaledObjectSpec.triggers[0].metadata.valueLocation: is required with format json; found nothing',
    ],
  },
  {
    name: 'an unknown value type',
    refusedBy: 'cel',
    replace: 'targetValue: "5"',
    by: 'targetValue: "5"\n          valueType: float',
    problems: [
      'dso.yaml:25: spec.scaledObjectSpec.triggers[0].metadata.valueType: expected one of float64, int64, quantity; found "float"',
    ],
  },
  {
    name: 'two triggers of one name',
    refusedBy: 'cel',
    replace: '- type: kubernetes-resource',
    by: '- type: prometheus\n        name: a\n        metadata: {}\n      - name: a\n        type: kubernetes-resource',
    problems: ['dso.yaml:22: spec.scaledObjectSpec.triggers[1].name: expected a unique name; "a" is trigger 0, too'],
  },
  {
    name: 'cached metrics of cron',
    refusedBy: 'cel',
    replace: '- type: kubernetes-resource',
    by: '- type: cron\n        useCachedMetrics: true\n        metadata: {}\n      - type: kubernetes-resource',
    problems: [
      'dso.yaml:20: spec.scaledObjectSpec.triggers[0].useCachedMetrics: is not supported for the cron trigger; remove it',
    ],
  },
  {
    name: 'a fallback for cpu alone',
    refusedBy: 'cel',
    replace: 'triggers:\n      - type: kubernetes-resource',
    by: 'fallback:\n      failureThreshold: 3\n      replicas: 2\n    triggers:\n      - type: cpu',
    problems: ['dso.yaml:18: spec.scaledObjectSpec.fallback: needs at least one trigger that is not cpu or memory'],
  },
  {
    name: 'a fallback below 0',
    refusedBy: 'schema',
    replace: 'triggers:',
    by: 'fallback:\n      failureThreshold: -1\n      replicas: 2\n    triggers:',
    problems: ['dso.yaml:19: spec.scaledObjectSpec.fallback.failureThreshold: expected at least 0; found -1'],
  },
  {
    name: 'a grace period in words',
    refusedBy: 'schema',
    replace: '  scaledObjectSpec',
    by: '  rebalancingPolicy:\n    gracePeriod: a minute\n  scaledObjectSpec',
    problems: [
      'dso.yaml:13: spec.rebalancingPolicy.gracePeriod: expected a duration such as 1m or 90s; found "a minute"',
    ],
  },
  {
    name: 'a grace period below 0',
    refusedBy: 'schema',
    replace: '  scaledObjectSpec',
    by: '  rebalancingPolicy:\n    gracePeriod: -1m\n  scaledObjectSpec',
    problems: ['dso.yaml:13: spec.rebalancingPolicy.gracePeriod: expected a duration such as 1m or 90s; found "-1m"'],
  },
  {
    name: 'a percentage above 100',
    refusedBy: 'schema',
    replace: '  scaledObjectSpec',
    by: '  rebalancingPolicy:\n    maxRebalancePercentage: 101\n  scaledObjectSpec',
    problems: ['dso.yaml:13: spec.rebalancingPolicy.maxRebalancePercentage: expected at most 100; found 101'],
  },
  {
    name: 'a negative tolerance',
    refusedBy: 'schema',
    replace: 'triggers:',
    by: 'advanced:\n      horizontalPodAutoscalerConfig:\n        behavior:\n          scaleUp:\n            tolerance: -50m\n    triggers:',
    problems: [
      'dso.yaml:22: spec.scaledObjectSpec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp.tolerance: expected a quantity such as 0.05 or 50m; found "-50m"',
    ],
  },
  {
    name: 'a tolerance of another kind',
    refusedBy: 'schema',
    replace: 'triggers:',
    by: 'advanced:\n      horizontalPodAutoscalerConfig:\n        behavior:\n          scaleUp:\n            tolerance: true\n    triggers:',
    problems: [
      'dso.yaml:22: spec.scaledObjectSpec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp.tolerance: expected a number or a text; found true',
    ],
  },
  {
    name: 'an unknown policy',
    refusedBy: 'schema',
    replace: 'triggers:',
    by: 'advanced:\n      horizontalPodAutoscalerConfig:\n        behavior:\n          scaleUp:\n            selectPolicy: Most\n    triggers:',
    problems: [
      'dso.yaml:22: spec.scaledObjectSpec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp.selectPolicy: expected one of "Max", "Min", "Disabled"; found "Most"',
    ],
  },
];
