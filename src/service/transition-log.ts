import { formatProblem } from '../api/problem.ts';
import type { DsoOutcome, TickResult } from '../reconcile/outcome.ts';
import {
  becauseOf,
  type DestinationReport,
  type DsoReport,
  destinationReport,
  dsoReport,
} from '../reconcile/report.ts';
import type { LogEntry } from './log.ts';

/** What is news without being trouble. */
const TOTAL = 'total';

/** What was said of one DSO. */
interface SaidOfDso {
  /** null: it was about to be written, with the text of every file. */
  readonly outcome: DsoOutcome | null;
  /** News by what it is about. */
  readonly said: ReadonlyMap<string, string>;
}

/** Entries for what is new since the tick before: the same thing is said once. */
export class TransitionLog {
  #dsos = new Map<string, SaidOfDso>();
  #others = new Map<string, string>();
  #failure = '';

  /** What a tick brought. */
  of({ outcomes, destinations, problems }: TickResult): readonly LogEntry[] {
    const entries: LogEntry[] = [];
    const others = new Map<string, string>();
    for (const destination of destinations.map(destinationReport)) {
      if (destination.commit) entries.push(commitEntry(destination));
      if (!destination.error) continue;
      const entry = refusalEntry(destination, destination.error);
      others.set(destination.name, entry.text);
      if (this.#others.get(destination.name) !== entry.text) entries.push(entry);
    }
    const dsos = new Map<string, SaidOfDso>();
    for (const outcome of outcomes) {
      const before = this.#dsos.get(outcome.key);
      const isSame = before?.outcome === outcome;
      if (isSame) {
        dsos.set(outcome.key, before);
        continue;
      }
      const isWritten = (outcome.decided?.changes.size ?? 0) > 0;
      dsos.set(outcome.key, {
        outcome: isWritten ? null : outcome,
        said: this.#sayNews(outcome, before?.said, entries),
      });
    }
    for (const problem of problems.map(formatProblem)) {
      others.set(problem, problem);
      const entry = { level: 'error', message: 'cannot be read', fields: { problem }, text: problem } as const;
      if (!this.#others.has(problem)) entries.push(entry);
    }
    for (const [about, text] of this.#others) if (!others.has(about)) entries.push(overEntry(text));
    if (this.#failure !== '') entries.push(overEntry(this.#failure));
    this.#dsos = dsos;
    this.#others = others;
    this.#failure = '';
    return entries;
  }

  #sayNews(
    outcome: DsoOutcome,
    before: ReadonlyMap<string, string> | undefined,
    entries: LogEntry[],
  ): ReadonlyMap<string, string> {
    const said = new Map<string, string>();
    for (const { about, news, entry } of entriesOf(dsoReport(outcome))) {
      said.set(about, news);
      if (before?.get(about) !== news) entries.push(entry);
    }
    const isInTrouble = (one: ReadonlyMap<string, string>): boolean => one.size > (one.has(TOTAL) ? 1 : 0);
    if (before && isInTrouble(before) && !isInTrouble(said)) entries.push(servedEntry(outcome.key));
    return said;
  }

  /** That a tick failed as a whole; nothing changed. */
  ofFailure(message: string): readonly LogEntry[] {
    if (message === this.#failure) return [];
    this.#failure = message;
    const text = `failed, nothing is changed: ${message}`;
    return [{ level: 'error', message: 'failed, nothing is changed', fields: { error: message }, text }];
  }
}

function overEntry(trouble: string): LogEntry {
  return { level: 'info', message: 'over', fields: { trouble }, text: `over: ${trouble}` };
}

function servedEntry(key: string): LogEntry {
  const [namespace, name] = key.split('/');
  return {
    level: 'info',
    message: 'served',
    fields: { dso: { namespace, name } },
    text: `${key} is served, nothing is in the way any more`,
  };
}

function commitEntry({ name, commit, message }: DestinationReport): LogEntry {
  const subject = message?.split('\n')[0] ?? '';
  const fields = { destination: name, commit, subject };
  return { level: 'info', message: 'committed', fields, text: `commit ${commit} ${subject}` };
}

function refusalEntry({ name }: DestinationReport, error: { reason: string; message: string }): LogEntry {
  const fields = { destination: name, reason: error.reason, error: error.message };
  return { level: 'error', message: 'not delivered', fields, text: `${name} ${error.reason}: ${error.message}` };
}

/** An entry, and what has to be different for it to be said again. */
interface Said {
  readonly about: string;
  readonly news: string;
  readonly entry: LogEntry;
}

function entriesOf(dso: DsoReport): readonly Said[] {
  const { key, total, verdict, reason, readings, problems } = dso;
  const [namespace, name] = key.split('/');
  const about = { dso: { namespace, name } };
  const said: Said[] = [];
  if (total.decided !== null && verdict !== 'wait' && verdict !== 'held') {
    const because = becauseOf(dso);
    const fields = { ...about, total: total.decided, because };
    const text = `${key} total ${total.decided}${because === '' ? '' : `: ${because}`}`;
    said.push({
      about: TOTAL,
      news: String(total.decided),
      entry: { level: 'info', message: 'decided', fields, text },
    });
  }
  if (reason !== '') {
    const fields = { ...about, verdict, reason, because: dso.message };
    const level = verdict === 'wait' ? 'info' : 'error';
    const text = `${key} ${reason}: ${dso.message}`;
    said.push({ about: 'verdict', news: text, entry: { level, message: 'nothing is written', fields, text } });
  }
  for (const text of [...readings.flatMap(({ problem }) => problem ?? []), ...problems]) {
    const fields = { ...about, problem: text };
    said.push({ about: text, news: text, entry: { level: 'error', message: 'not readable', fields, text } });
  }
  return said;
}
