import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoProgram, type GoProgram, goModuleDirectory, onPath } from '../programs/go.ts';

const KUBERNETES = 'v1.34.4';
const VERSION = 'k8s.io/component-base/version';

/** Every program of the suite, from pinned modules. */
const PROGRAMS = {
  etcd: { name: 'etcd', module: moduleOf('etcd'), package: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': kubernetes('kube-apiserver'),
  kubectl: kubernetes('kubectl'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kwok: { name: 'kwok', module: moduleOf('kwok'), package: 'sigs.k8s.io/kwok/cmd/kwok' },
  'kustomize-controller': {
    name: 'kustomize-controller',
    module: moduleOf('flux'),
    package: 'github.com/fluxcd/kustomize-controller',
  },
  'keda-operator': {
    name: 'keda-operator',
    module: moduleOf('keda'),
    package: 'github.com/kedacore/keda/v2/cmd/operator',
  },
  'keda-adapter': {
    name: 'keda-adapter',
    module: moduleOf('keda'),
    package: 'github.com/kedacore/keda/v2/cmd/adapter',
  },
  argocd: { name: 'argocd', module: moduleOf('argocd'), package: '.' },
  kustomize: {
    name: 'kustomize',
    module: fileURLToPath(new URL('../suites/kustomize/go', import.meta.url)),
    package: 'sigs.k8s.io/kustomize/kustomize/v5',
  },
} as const satisfies Readonly<Record<string, GoProgram>>;

/** Name of a program of the suite. */
export type ProgramName = keyof typeof PROGRAMS;

export const PROGRAM_NAMES = Object.keys(PROGRAMS) as readonly ProgramName[];

/** Path of a program: from KUBEBUILDER_ASSETS where that has it, else built. */
export function programPath(name: ProgramName): string {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets && existsSync(join(assets, name))) return join(assets, name);
  return buildGoProgram(PROGRAMS[name]);
}

/** Path of a program that Debian has. @throws where it is not installed, with how to install it */
export function installedPath(name: string, debianPackage: string): string {
  const path = onPath(name);
  if (!path) throw new Error(`${name} is not installed: apt-get install ${debianPackage}`);
  return path;
}

/** Directory of a module that one of the programs is made from. */
export function moduleFiles(program: 'flux' | 'flux-crds' | 'argocd' | 'keda', path: string): string {
  return goModuleDirectory(moduleOf(program), path);
}

function moduleOf(directory: string): string {
  return fileURLToPath(new URL(`./go/${directory}`, import.meta.url));
}

function kubernetes(name: string): GoProgram {
  const values = { gitVersion: KUBERNETES, gitMajor: '1', gitMinor: '34' };
  return {
    name,
    module: moduleOf('kubernetes'),
    package: `k8s.io/kubernetes/cmd/${name}`,
    values: Object.fromEntries(Object.entries(values).map(([key, value]) => [`${VERSION}.${key}`, value])),
  };
}
