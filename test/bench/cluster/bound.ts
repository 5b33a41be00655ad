/** The memory that the installation has, in MiB. */
const MAX_RSS_MIB = 512;

/** A figure that does not depend on the machine beside its bound; beyond it the bench fails at its end. */
export function bounded(found: number, bound: number, unit = ''): string {
  if (found > bound) process.exitCode = 1;
  return `${found}${unit} (bound ${bound})`;
}

/** Peak memory of a process of the product. */
export function boundedRss({ peakRssMiB }: { readonly peakRssMiB: number }): string {
  return `peak RSS ${bounded(Math.round(peakRssMiB), MAX_RSS_MIB, ' MiB')}`;
}
