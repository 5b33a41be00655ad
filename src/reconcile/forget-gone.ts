/**
 * Forgets what is remembered of DSOs that are gone. Where as many are remembered as there are, they are not compared one by
 * one: that would be ten thousand for nothing at every tick, and one that is gone is found with the next that comes or goes.
 *
 * @returns their keys
 */
export function forgetGone(
  remembered: Map<string, unknown>,
  dsos: readonly { readonly key: string }[],
): readonly string[] {
  if (remembered.size === dsos.length) return [];
  const present = new Set(dsos.map(({ key }) => key));
  const gone = [...remembered.keys()].filter((key) => !present.has(key));
  for (const key of gone) remembered.delete(key);
  return gone;
}
