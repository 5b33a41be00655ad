/** Problems by their file, in the order in which they are: what follows the first one is mostly its consequence. */
export function byFile<T>(problems: readonly T[], fileOf: (problem: T) => string): ReadonlyMap<string, readonly T[]> {
  const files = new Map<string, T[]>();
  for (const problem of problems) {
    const file = fileOf(problem);
    const here = files.get(file);
    if (here) here.push(problem);
    else files.set(file, [problem]);
  }
  return files;
}

/** The file of a problem as a report words it: `file:line: what is wrong`. */
export function fileIn(problem: string): string {
  return problem.split(':', 1)[0] ?? '';
}
