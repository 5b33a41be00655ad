import type { DsoManifest } from './dso.ts';
import { ENGINE, type Engine, type EngineChoice } from './engine.ts';
import { type Problem, show } from './problem.ts';
import { SPEC } from './scaled-object.ts';

const NO_CLUSTER: Problem = {
  path: ['metadata', 'annotations', ENGINE],
  message: 'KEDA runs in a cluster, and the hub is none; the object is left alone',
};

const WITH_KEDA = ' without KEDA, which the engine keda asks in a hub cluster';

/**
 * Who says the total of a DSO, and why nobody can. Whether KEDA is installed changes nothing: that would be a switch that
 * nobody asked for.
 *
 * @param isCluster the hub is a cluster: KEDA can be asked for what we do not know
 */
export function engineOf(
  choice: EngineChoice,
  manifest: DsoManifest,
  isCluster: boolean,
): { readonly engine: Engine; readonly unsupported: Problem | null } {
  const unknown = findUnknown(manifest);
  const engine = choice === 'auto' ? (unknown && isCluster ? 'keda' : 'builtin') : choice;
  if (engine === 'builtin') return { engine, unsupported: unknown };
  return { engine, unsupported: engine === 'keda' && !isCluster ? NO_CLUSTER : null };
}

/** What we cannot evaluate; null: nothing. */
function findUnknown({ spec }: DsoManifest): Problem | null {
  const { triggers, advanced, fallback } = spec.scaledObjectSpec;
  const index = triggers.findIndex(({ type }) => type !== 'kubernetes-resource');
  if (index >= 0) {
    const message = `trigger type ${show(triggers[index]?.type)} is not supported yet${WITH_KEDA}; the object is left alone`;
    return { path: [...SPEC, 'triggers', index, 'type'], message };
  }
  if (advanced?.scalingModifiers?.formula || fallback?.behavior === 'scalingModifiers') {
    const message = `scaling modifiers are not supported yet${WITH_KEDA}; the object is left alone`;
    return { path: [...SPEC, 'advanced', 'scalingModifiers'], message };
  }
  return null;
}
