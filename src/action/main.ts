import { runAction } from './run-action.ts';

const abort = new AbortController();
// A run that is cancelled ends what it is doing.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort(new Error(signal)));

await runAction(process.env, abort.signal);
