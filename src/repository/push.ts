export const HEADS = 'refs/heads/';

/** Every push begins like this: no hook runs, and what became of each ref is told. */
export const PUSH: readonly string[] = ['push', '--porcelain', '--progress', '--no-verify'];
