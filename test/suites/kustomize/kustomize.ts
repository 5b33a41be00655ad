import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** One object that a build gave. */
export interface Built {
  /** `kind namespace/name`; without a namespace `kind name`. */
  readonly id: string;
  readonly replicas: number | null;
}

const MODULE = fileURLToPath(new URL('./go', import.meta.url));
const PACKAGE = 'sigs.k8s.io/kustomize/kustomize/v5';

/** Path of kustomize: from PATH, else built with Go once and kept in the user's cache. */
export function findKustomize(): string {
  const installed = onPath('kustomize');
  if (installed) return installed;
  const go = onPath('go');
  if (!go)
    throw new Error(
      'neither kustomize nor Go is installed; install one: https://kubectl.docs.kubernetes.io/installation/kustomize/ or https://go.dev/dl/',
    );
  const sum = createHash('sha256')
    .update(readFileSync(join(MODULE, 'go.sum')))
    .digest('hex')
    .slice(0, 16);
  const cache = join(
    process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
    'dso-gitops-tests',
    `kustomize-${sum}`,
  );
  const binary = join(cache, 'kustomize');
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const made = join(cache, `kustomize.${process.pid}`);
  execFileSync(go, ['build', '-mod=mod', '-o', made, PACKAGE], {
    cwd: MODULE,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: 'pipe',
  });
  renameSync(made, binary);
  return binary;
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

function onPath(name: string): string | null {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {}
  }
  return null;
}
