import { cleanName } from '../manifests/clean-name.ts';
import type { ProposalEntry } from './proposal.ts';

/** More bars cannot be read. */
const MAX_MEMBERS = 20;
const MAX_LABEL_LENGTH = 24;

interface Sum {
  readonly name: string;
  /** null: not known of every workload. */
  readonly before: number | null;
  readonly after: number;
}

/**
 * A chart of mermaid: replicas of each member, after and before; '' where it would show less than the table.
 *
 * The grammar is that of `xychart.jison`, and `xychart-beta` its name since mermaid 10.3. One series of bars only: versions
 * differ in whether a second one stands before the first or on top of it.
 */
export function changesChart(entries: readonly ProposalEntry[]): string {
  const sums = sumsOf(entries);
  const shown = thatChangeMost(sums);
  if (shown.length < 2) return '';
  const befores = shown.flatMap(({ before }) => (before === null ? [] : [before]));
  const isBeforeKnown = befores.length === shown.length;
  const afters = shown.map(({ after }) => after);
  const labels = labelsOf(shown.map(({ name }) => name));
  const lines = [
    'xychart-beta horizontal',
    `  x-axis [${labels.map((label) => `"${label}"`).join(', ')}]`,
    `  y-axis "replicas" 0 --> ${Math.max(1, ...afters, ...befores)}`,
    `  bar [${afters.join(', ')}]`,
    ...(isBeforeKnown ? [`  line [${befores.join(', ')}]`] : []),
  ];
  const which = shown.length < sums.length ? `the ${shown.length} members that change most` : 'each member';
  const summed = entries.length > 1 ? ', these workloads together' : '';
  const line = isBeforeKnown ? '; the line is what is committed now' : '';
  return `Replicas of ${which}${summed}: the bars are after a merge${line}.\n\n\`\`\`mermaid\n${lines.join('\n')}\n\`\`\``;
}

function sumsOf(entries: readonly ProposalEntry[]): readonly Sum[] {
  const sums = new Map<string, Sum>();
  for (const { name, before, after } of entries.flatMap(({ members }) => members)) {
    const sum = sums.get(name) ?? { name, before: 0, after: 0 };
    const isKnown = sum.before !== null && before !== null;
    sums.set(name, { name, before: isKnown ? sum.before + before : null, after: sum.after + after });
  }
  return [...sums.values()];
}

/** In their order. */
function thatChangeMost(sums: readonly Sum[]): readonly Sum[] {
  if (sums.length <= MAX_MEMBERS) return sums;
  const change = ({ before, after }: Sum): number => Math.abs(after - (before ?? 0));
  const most = new Set(sums.toSorted((one, other) => change(other) - change(one)).slice(0, MAX_MEMBERS));
  return sums.filter((sum) => most.has(sum));
}

/** Names without anything that means something to mermaid, no two the same: it would draw those as one. */
function labelsOf(names: readonly string[]): readonly string[] {
  const labels = new Set<string>();
  for (const name of names) {
    const label = labelOf(name);
    let unique = label;
    for (let number = 2; labels.has(unique); number += 1) unique = `${label} ${number}`;
    labels.add(unique);
  }
  return [...labels];
}

function labelOf(name: string): string {
  const plain = cleanName(name)
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    // Wherever such a word stands, mermaid takes the text for a chart of another kind (c4Detector.ts).
    .replaceAll(/C4(?=C|D)/g, 'C4 ');
  const half = MAX_LABEL_LENGTH / 2 - 1;
  return plain.length > MAX_LABEL_LENGTH ? `${plain.slice(0, half)}..${plain.slice(-half)}` : plain || '_';
}
