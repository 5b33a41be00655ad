import { fileURLToPath } from 'node:url';

/** Arguments of `node` that run the product from its sources in a process of its own. */
export const PRODUCT: readonly string[] = [
  '--import',
  fileURLToPath(new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url)),
  fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)),
];
