import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The guide's manifests, as they are in the product's templates. */
function template(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../templates/quickstart/${name}`, import.meta.url)), 'utf8');
}

export const DEPLOYMENT = template('deployment.yaml');
export const CONFIG_MAP = template('configmap.yaml');
export const DSO = template('dso.yaml');

/** The guide's patch of the metric. */
export function patchMetric(value: string, name = 'dso-mock-metric'): readonly string[] {
  const patch = JSON.stringify({ data: { 'metric-value': value } });
  return ['-n', 'default', 'patch', 'configmap', name, '--type', 'merge', '-p', patch];
}
