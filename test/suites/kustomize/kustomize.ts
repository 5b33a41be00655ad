import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { buildGoProgram, onPath } from '../../programs/go.ts';
/** One object that a build gave. */
export interface Built {
  /** `kind namespace/name`; without a namespace `kind name`. */
  readonly id: string;
  readonly replicas: number | null;
}

const PROGRAM = {
  name: 'kustomize',
  module: fileURLToPath(new URL('./go', import.meta.url)),
  package: 'sigs.k8s.io/kustomize/kustomize/v5',
};

/** Path of kustomize: from PATH, else built with Go. */
export function findKustomize(): string {
  return onPath('kustomize') ?? buildGoProgram(PROGRAM);
}

/** What `kustomize build` gives for a directory. */
export function build(directory: string): readonly Built[] {
  const output = execFileSync(findKustomize(), ['build', directory], { stdio: 'pipe' }).toString();
  return parseAllDocuments(output).map((document) => {
    const { kind, metadata, spec } = document.toJS() as {
      kind: string;
      metadata: { name: string; namespace?: string };
      spec?: { replicas?: number };
    };
    const place = metadata.namespace === undefined ? '' : `${metadata.namespace}/`;
    return { id: `${kind} ${place}${metadata.name}`, replicas: spec?.replicas ?? null };
  });
}

/** Replicas by object. */
export function countsOf(directory: string): Readonly<Record<string, number | null>> {
  return Object.fromEntries(build(directory).map(({ id, replicas }) => [id, replicas]));
}
