import { writeFileSync } from 'node:fs';

/** Writes a kubeconfig with one cluster, called as the context, and gives its path. */
export function writeKubeconfig(path: string, server: string, name = 'hub'): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}
