import { createHash } from 'node:crypto';
import { type Document, parseDocument } from 'yaml';

/** The manifests of an installation as templates, by name. */
export interface InstallTemplates {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly clusterRole: string;
  readonly clusterRoleBinding: string;
  readonly leaseRole: string;
  readonly leaseRoleBinding: string;
  readonly secretRole: string;
  readonly secretRoleBinding: string;
  readonly configMap: string;
  readonly deployment: string;
}

/** What an installation is made of. */
export interface Installation {
  readonly namespace: string;
  readonly image: string;
  /** Text of the configuration file. */
  readonly configuration: string;
  /** Secrets that may be read, by namespace. */
  readonly secrets: ReadonlyMap<string, readonly string[]>;
  /** Text of the CustomResourceDefinition; null: it is left out. */
  readonly crd: string | null;
}

type Values = readonly (readonly [path: readonly (string | number)[], value: unknown])[];

/** Where the service is unless another namespace is named. */
export const DEFAULT_NAMESPACE = 'dso-gitops';

const SUBJECT = ['subjects', 0, 'namespace'];
const NAME = ['metadata', 'name'];

/** One plain manifest of everything, in the order in which it can be applied. */
export function renderInstallation(templates: InstallTemplates, installation: Installation): string {
  const { namespace, image, configuration, secrets, crd } = installation;
  const rights = ownName(DEFAULT_NAMESPACE, namespace);
  const bound = bindingOf(rights, namespace);
  const own: Values = [[['metadata', 'namespace'], namespace]];
  const pod = ['spec', 'template'];
  const hash = createHash('sha256').update(configuration).digest('hex').slice(0, 16);
  const documents = [
    fill(templates.namespace, [[NAME, namespace]]),
    ...(crd === null ? [] : [crd]),
    fill(templates.serviceAccount, own),
    fill(templates.clusterRole, [[NAME, rights]]),
    fill(templates.clusterRoleBinding, bound),
    fill(templates.leaseRole, own),
    fill(templates.leaseRoleBinding, [...own, [SUBJECT, namespace]]),
    ...[...secrets].flatMap(([place, names]) => [
      fill(templates.secretRole, [
        [NAME, rights],
        [['metadata', 'namespace'], place],
        [['rules', 0, 'resourceNames'], names],
      ]),
      fill(templates.secretRoleBinding, [...bound, [['metadata', 'namespace'], place]]),
    ]),
    fill(templates.configMap, [...own, [['data', 'dso-gitops.yaml'], configuration]]),
    fill(templates.deployment, [
      ...own,
      [[...pod, 'metadata', 'annotations', 'dso-gitops.dev/configuration'], hash],
      [[...pod, 'spec', 'containers', 0, 'image'], image],
    ]),
  ];
  return documents.join('---\n');
}

/** A file of a kustomize component for an installation in a namespace. */
export function renderComponentFile(text: string, namespace: string): string {
  const kind = /^kind: (\w+)$/m.exec(text)?.[1];
  if (kind === 'Component') return text;
  const name = ownName(/^ {2}name: (\S+)$/m.exec(text)?.[1] ?? '', namespace);
  if (kind === 'ClusterRole') return fill(text, [[NAME, name]]);
  if (kind === 'ClusterRoleBinding') return fill(text, bindingOf(name, namespace));
  return fill(text, [[['metadata', 'namespace'], namespace]]);
}

/** What is outside the namespace is told apart by it, or a second installation would take the rights of the first. */
function ownName(name: string, namespace: string): string {
  return namespace === DEFAULT_NAMESPACE ? name : `${name}-${namespace}`;
}

function bindingOf(name: string, namespace: string): Values {
  return [
    [NAME, name],
    [['roleRef', 'name'], name],
    [SUBJECT, namespace],
  ];
}

/** A template with values set by path: what comes out is valid YAML whatever they are. */
function fill(template: string, values: Values): string {
  const document: Document = parseDocument(template);
  for (const [path, value] of values) document.setIn(path, document.createNode(value));
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
