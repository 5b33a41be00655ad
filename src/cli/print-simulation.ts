import { counted } from '../manifests/counted.ts';
import type { MomentReport, SimulateReport, SimulateSummary } from './simulate-report.ts';
import { renderTable } from './table.ts';

export const SIMULATE_FORMATS = ['table', 'json', 'csv'] as const;

/** Moments that a table shows unless all are asked for. */
const MOST_ROWS = 40;
/** Fewer characters than this are no place for a sentence. */
const LEAST_TEXT = 24;

/** One JSON object, with one moment on a line: a week has thousands. */
export function renderSimulationJson({ moments, ...rest }: SimulateReport): string {
  const head = JSON.stringify(rest).slice(0, -1);
  return `${head},"moments":[\n${moments.map((moment) => JSON.stringify(moment)).join(',\n')}\n]}\n`;
}

/** The moments as CSV; a missing reading is an empty cell. */
export function renderSimulationCsv({ triggers, members, moments }: SimulateReport): string {
  const head = [
    'time',
    ...triggers.map((id) => `reading ${id}`),
    'demand',
    'total',
    ...members.map((name) => `replicas ${name}`),
    'limit',
  ];
  const rows = moments.map((moment) => [
    String(moment.time),
    ...triggers.map((id) => text(moment.readings[id])),
    text(moment.demand),
    String(moment.total),
    ...members.map((name) => text(moment.replicas[name])),
    moment.limit,
  ]);
  return [head, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

/** The moments as a table and the figures below it. */
export function renderSimulationTable(report: SimulateReport, columns: number, isAll: boolean): string {
  const shown = isAll ? report.moments : chooseMoments(report.moments);
  const parts = [titleOf(report), tableOf(report, shown, columns)];
  const hidden = report.moments.length - shown.length;
  if (hidden > 0)
    parts.push(`${hidden} of ${report.moments.length} moments are not shown${hiddenText(shown)}; --all shows them`);
  parts.push(figuresOf(report.summary));
  return `${parts.join('\n\n')}\n`;
}

/** All where they are few, else the first ones that changed the total. */
function chooseMoments(moments: readonly MomentReport[]): readonly MomentReport[] {
  if (moments.length <= MOST_ROWS) return moments;
  return moments.filter(({ changed }) => changed.includes('total')).slice(0, MOST_ROWS);
}

function hiddenText(shown: readonly MomentReport[]): string {
  if (shown.length === MOST_ROWS) return ` (the first ${MOST_ROWS} that change the total are)`;
  return ' (only those that change the total are)';
}

function titleOf({ dso, summary: { samples, from, to, initialTotal } }: SimulateReport): string {
  return `${dso}  ${counted(samples, 'sample')}, ${from} to ${to}, from a total of ${initialTotal}`;
}

function tableOf({ triggers, members }: SimulateReport, moments: readonly MomentReport[], columns: number): string {
  const isNarrow = members.join('  ').length > columns / 3;
  const names = isNarrow ? [] : members;
  const head = ['time', ...triggers, 'demand', 'total', ...names];
  const rows = moments.map((moment) => [
    String(moment.time),
    ...triggers.map((id) => text(moment.readings[id]) || '-'),
    text(moment.demand) || '-',
    String(moment.total),
    ...names.map((name) => text(moment.replicas[name])),
  ]);
  const used = head.reduce(
    (sum, name, index) => sum + 2 + Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
    0,
  );
  const width = Math.max(LEAST_TEXT, columns - used);
  const texts = moments.map(({ limit }) => wrap(limit, width));
  const table = renderTable(
    [[...head, 'limit'], ...rows.map((row, index) => [...row, texts[index] ?? ''])],
    used + width,
  );
  return isNarrow ? `${table}\n\nreplicas of ${members.length} members: -o json or -o csv` : table;
}

function figuresOf({ commits, rawCommits, distance, isCut }: SimulateSummary): string {
  const { seconds, above, below, meanDifference } = distance;
  const lines = [
    `commits  ${commits}; a writer that commits every raw change: ${rawCommits}`,
    `above    ${round(above.replicaSeconds)} replica-seconds over the raw demand, at most ${above.highest} replicas`,
    `below    ${round(below.replicaSeconds)} replica-seconds under the raw demand, at most ${below.highest} replicas`,
    `mean     ${round(meanDifference)} replicas from the raw demand over ${round(seconds)} s`,
  ];
  if (isCut) lines.push('The last reading leads to more deadlines than are followed: the end is not the end.');
  return lines.join('\n');
}

function wrap(sentence: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of sentence.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

function text(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

function csvCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
