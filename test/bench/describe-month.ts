import { type Age, measureMonth, type Steps } from './month.ts';

/** One every five minutes for 30 days; MONTH_COMMITS makes it shorter. */
const MONTH = Number(process.env['MONTH_COMMITS'] ?? 8640);
/** Times with a mirror that grew, over those with a new one: above it, keeping the mirror is worse than making it again. */
const MAX_AGING = 1.5;

const STEPS = ['commit', 'fetch', 'start'] as const;

/** One DSO on two members leaves loose objects; a fleet of which everything changes leaves a pack for each commit. */
export async function month(print: (text: string) => void): Promise<void> {
  const looks = [500, 2000, MONTH].filter((commits, index, all) => commits < MONTH || index === all.length - 1);
  for (const [members, dsosPerNamespace, isOne] of [
    [2, 10, true],
    [20, 20, false],
  ] as const) {
    for await (const age of measureMonth({ members, namespaces: 1, dsosPerNamespace }, isOne, looks)) {
      print(describeAge(`${isOne ? 1 : dsosPerNamespace} DSOs on ${members} members`, age));
      for (const step of STEPS) if (age.grown[step] > MAX_AGING * age.fresh[step]) process.exitCode = 1;
    }
  }
}

function describeAge(what: string, { commits, packs, looseObjects, mebibytes, grown, fresh }: Age): string {
  const line = (step: keyof Steps): string => {
    const ratio = grown[step] / fresh[step];
    return `  ${step.padEnd(7)} ${grown[step].toFixed(1)} ms, with a new mirror ${fresh[step].toFixed(1)} ms: ${ratio.toFixed(2)}x (bound ${MAX_AGING})`;
  };
  const size = `${packs} packs, ${looseObjects} loose objects, ${mebibytes.toFixed(1)} MiB`;
  return [`mirror after ${commits} commits of ${what}: ${size}`, ...STEPS.map(line)].join('\n');
}
