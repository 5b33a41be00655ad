import type { Ansis } from 'ansis';
import { plot } from 'simple-ascii-chart';
import type { PastDecision } from '../history/decision-history.ts';

/** How plots are drawn. */
export interface PlotOptions {
  /** Right end of the plots, epoch milliseconds: what was decided last holds until then. */
  readonly now: number;
  /** Characters of a line; null: a file or a pipe. */
  readonly columns: number | null;
  readonly color: Ansis;
}

const HEIGHT = 10;
/** Narrower than this, the two times below the axis would meet. */
const MIN_COLUMNS = 50;
const DEFAULT_COLUMNS = 80;
/** More plots than this are no picture any more. */
const MAX_PLOTS = 10;

/** The total of each DSO over time, as steps: a number holds until the next decision. DSOs that changed last come first. */
export function plotHistory(decisions: readonly PastDecision[], options: PlotOptions): string {
  const byKey = new Map<string, PastDecision[]>();
  for (const decision of decisions) {
    const own = byKey.get(decision.key);
    if (own) own.push(decision);
    else byKey.set(decision.key, [decision]);
  }
  const plots = [...byKey].slice(0, MAX_PLOTS).map(([key, own]) => {
    return `${options.color.bold(key)}, replicas in total\n${draw(own, options)}\n`;
  });
  const more = byKey.size - plots.length;
  return `${plots.join('\n')}${more > 0 ? `\n${more} more were decided about; name one, or choose with -n\n` : ''}`;
}

function draw(decisions: readonly PastDecision[], { now, columns }: PlotOptions): string {
  const points = decisions.map(({ time, total }): [number, number] => [Date.parse(time), total.after]).toReversed();
  const [start = now] = points[0] ?? [];
  const [lastTime = now, last = 0] = points.at(-1) ?? [];
  const end = Math.max(now, lastTime + 1);
  const peak = decisions.reduce((most, { total }) => Math.max(most, total.after), 1);
  const labels = [start, end].map(timeText);
  const chart = plot([...points, [end, last]], {
    width: Math.max(columns ?? DEFAULT_COLUMNS, MIN_COLUMNS) - (labels[0] ?? '').length - 3,
    height: HEIGHT,
    yRange: [0, peak],
    customXAxisTicks: [start, end],
    customYAxisTicks: [...new Set([0, last, peak])],
    formatter: (value, { axis }) => (axis === 'x' ? timeText(value) : String(value)),
  });
  const lines = chart.split('\n').map((line) => line.trimEnd());
  return lines.filter((line) => line !== '').join('\n');
}

function timeText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`;
}
