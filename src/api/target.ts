/** The workload that a DSO scales. */
export interface ScaleTarget {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
}

/** `apps/v1` into group and version. */
export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  if (slash < 0) return { group: '', version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `apps/v1`. */
export function joinApiVersion(target: Pick<ScaleTarget, 'group' | 'version'>): string {
  return target.group === '' ? target.version : `${target.group}/${target.version}`;
}
