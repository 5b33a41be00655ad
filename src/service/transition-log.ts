import type { TickResult } from '../reconcile/outcome.ts';
import { becauseOf, type DestinationReport, type DsoReport, reportOf } from '../reconcile/report.ts';
import type { LogEntry } from './log.ts';

/** Entries for what is new since the tick before: the same thing is said once. */
export class TransitionLog {
  #said = new Map<string, string>();
  #failure = '';

  /** What a tick brought. */
  of(result: TickResult): readonly LogEntry[] {
    const report = reportOf(result);
    const said = new Map<string, string>();
    const entries: LogEntry[] = [];
    const say = (about: string, entry: LogEntry, news: string = entry.text): void => {
      said.set(about, news);
      if (this.#said.get(about) !== news) entries.push(entry);
    };
    for (const destination of report.destinations) {
      if (destination.commit) entries.push(commitEntry(destination));
      if (destination.error) say(`to ${destination.name}`, refusalEntry(destination, destination.error));
    }
    for (const dso of report.dsos)
      for (const { about, news, entry } of entriesOf(dso)) say(`${dso.key} ${about}`, entry, news);
    for (const problem of report.problems)
      say(problem, { level: 'error', message: 'cannot be read', fields: { problem }, text: problem });
    this.#said = said;
    this.#failure = '';
    return entries;
  }

  /** That a tick failed as a whole; nothing changed. */
  ofFailure(message: string): readonly LogEntry[] {
    if (message === this.#failure) return [];
    this.#failure = message;
    const text = `failed, nothing is changed: ${message}`;
    return [{ level: 'error', message: 'failed, nothing is changed', fields: { error: message }, text }];
  }
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
  if (total.decided !== null && verdict !== 'wait') {
    const because = becauseOf(dso);
    const fields = { ...about, total: total.decided, because };
    const text = `${key} total ${total.decided}: ${because}`;
    said.push({
      about: 'total',
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
