import { didYouMean, type Path, type Problem, show } from '../api/problem.ts';
import type { ConfigurationFile } from './schema.ts';

/** Names of members that are none, where the list of all is fixed: what is about them would never be met. */
export function checkMembers({ members, destinations }: ConfigurationFile): readonly Problem[] {
  if (!Array.isArray(members)) return [];
  const known: readonly string[] = members;
  const repeated = known.flatMap((name, index) => {
    if (known.indexOf(name) === index) return [];
    return [{ path: ['members', index], message: `expected every member once; found ${show(name)} again; remove it` }];
  });
  const named = destinations.flatMap(({ match, delivery }, index) => {
    const path = ['destinations', index];
    const { rules = [], freezes = [] } = typeof delivery === 'object' ? delivery : {};
    return [
      ...unknown(match?.members, [...path, 'match', 'members'], known),
      ...Object.entries({ rules, freezes }).flatMap(([list, all]) =>
        all.flatMap(({ when }, at) => unknown(when.members, [...path, 'delivery', list, at, 'when', 'members'], known)),
      ),
    ];
  });
  return [...repeated, ...named];
}

function unknown(names: readonly string[] | undefined, path: Path, known: readonly string[]): readonly Problem[] {
  return (names ?? []).flatMap((name, index) => {
    if (known.includes(name)) return [];
    const meant = didYouMean(name, known);
    const hint = meant ? `did you mean ${show(meant)}?` : `known: ${known.join(', ')}`;
    return [{ path: [...path, index], message: `${show(name)} is none of the members; ${hint}` }];
  });
}
