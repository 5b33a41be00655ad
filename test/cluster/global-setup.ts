import { buildProduct } from '../programs/build-product.ts';
import { PROGRAM_NAMES, programPath } from './programs.ts';

/** Builds what the suite runs: the servers, once, and the product itself. */
export function setup(): void {
  for (const name of PROGRAM_NAMES) {
    const start = Date.now();
    programPath(name);
    const seconds = Math.round((Date.now() - start) / 1000);
    if (seconds > 0) process.stdout.write(`built ${name} in ${seconds} s\n`);
  }
  buildProduct();
}
