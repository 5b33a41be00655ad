import { expect } from 'vitest';

/** A chart, taken apart. */
export interface Chart {
  readonly labels: readonly string[];
  readonly max: number;
  readonly bar: readonly number[];
  /** null: there is none. */
  readonly line: readonly number[] | null;
}

const NUMBERS = String.raw`\[(\d+(?:, \d+)*)\]`;
/** The part of `xychart.jison` that we use, and no more of it: labels have nothing that its lexer or preprocessor takes. */
const CHART = new RegExp(
  String.raw`^xychart-beta horizontal
  x-axis \[("[A-Za-z0-9._ -]+"(?:, "[A-Za-z0-9._ -]+")*)\]
  y-axis "replicas" 0 --> ([1-9]\d*)
  bar ${NUMBERS}
(?:  line ${NUMBERS}
)?$`,
);

/** Reads a chart by that grammar, and checks what mermaid expects of it beside. */
export function readChart(text: string): Chart {
  expect(text).toMatch(CHART);
  // c4Detector.ts of mermaid, which is asked before the detector of this kind.
  expect(text).not.toMatch(/C4Container|C4Component|C4Dynamic|C4Deployment/);
  const [, labels = '', max = '', bar = '', line] = CHART.exec(text) ?? [];
  const chart = {
    labels: labels.split(', ').map((label) => label.slice(1, -1)),
    max: Number(max),
    bar: bar.split(', ').map(Number),
    line: line === undefined ? null : line.split(', ').map(Number),
  };
  expect(new Set(chart.labels).size).toBe(chart.labels.length);
  expect(chart.bar).toHaveLength(chart.labels.length);
  if (chart.line) expect(chart.line).toHaveLength(chart.labels.length);
  expect(Math.max(...chart.bar, ...(chart.line ?? []))).toBeLessThanOrEqual(chart.max);
  return chart;
}
