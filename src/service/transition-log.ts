import { formatProblem } from '../api/problem.ts';
import { type DsoOutcome, identityOf, type TickResult } from '../reconcile/outcome.ts';
import { Presence } from '../reconcile/presence.ts';
import {
  becauseOf,
  type DestinationReport,
  type DsoReport,
  delivery,
  dsoReport,
  type ProposalReport,
  proposalReport,
} from '../reconcile/report.ts';
import { dsoField, type LogEntry, type LogMessage } from './log.ts';

/** What was said of one DSO. */
interface SaidOfDso {
  /** Of what it was said of. */
  readonly outcome: number;
  /** News by what it is about. */
  readonly said: ReadonlyMap<string, Pick<Said, 'news' | 'isTrouble'>>;
}

/** Entries for what is new since the tick before: the same thing is said once. */
export class TransitionLog {
  readonly #dsos = new Map<string, SaidOfDso>();
  readonly #presence = new Presence();
  #others = new Map<string, string>();
  #failure = '';
  #unsaved = '';

  /** What a tick brought. */
  of({ outcomes, destinations, proposals, problems, dsos: known }: TickResult): readonly LogEntry[] {
    const entries: LogEntry[] = [];
    const others = new Map<string, string>();
    const sayOnce = (about: string, entry: LogEntry): void => {
      others.set(about, entry.text);
      if (this.#others.get(about) !== entry.text) entries.push(entry);
    };
    for (const destination of destinations.map(delivery)) {
      const { name, commit, warnings, error } = destination;
      if (commit) entries.push(commitEntry(destination));
      for (const warning of warnings) entries.push(warningEntry({ destination: name }, warning));
      if (error) sayOnce(name, refusalEntry({ destination: name }, error));
    }
    for (const proposal of proposals.map(proposalReport)) {
      const { repository, branch, group, warnings, error } = proposal;
      const about = { repository, branch, group };
      const message = PROPOSED[proposal.step];
      if (!error && message) entries.push(proposedEntry(message, about, proposal));
      for (const warning of warnings) entries.push(warningEntry(about, warning));
      if (error) sayOnce(`${repository} ${branch} ${group}`, refusalEntry(about, error));
    }
    for (const outcome of outcomes) {
      const before = this.#dsos.get(outcome.key);
      const identity = identityOf(outcome);
      if (before?.outcome === identity) continue;
      this.#dsos.set(outcome.key, { outcome: identity, said: this.#sayNews(outcome, before?.said, entries) });
    }
    for (const problem of problems.map(formatProblem)) {
      sayOnce(problem, { level: 'error', message: 'cannot be read', fields: { problem }, text: problem });
    }
    for (const [about, text] of this.#others) if (!others.has(about)) entries.push(overEntry(text));
    if (this.#failure !== '') entries.push(overEntry(this.#failure));
    for (const key of this.#presence.takeGone(known)) if (this.#dsos.delete(key)) entries.push(goneEntry(key));
    this.#others = others;
    this.#failure = '';
    return entries;
  }

  #sayNews(outcome: DsoOutcome, before: SaidOfDso['said'] | undefined, entries: LogEntry[]): SaidOfDso['said'] {
    const said = new Map<string, Pick<Said, 'news' | 'isTrouble'>>();
    for (const { about, news, isTrouble, entry } of entriesOf(dsoReport(outcome))) {
      said.set(about, { news, isTrouble });
      if (before?.get(about)?.news !== news) entries.push(entry);
    }
    const isInTrouble = (one: SaidOfDso['said']): boolean => [...one.values()].some(({ isTrouble }) => isTrouble);
    if (before && isInTrouble(before) && !isInTrouble(said)) entries.push(servedEntry(outcome.key));
    return said;
  }

  /** How saving states that no commit carried went. @param message why it failed; empty: it did not */
  ofSaving(message: string): readonly LogEntry[] {
    const before = this.#unsaved;
    this.#unsaved = message;
    if (message === before) return [];
    if (message === '') return [overEntry(before)];
    const text = `states are not saved yet: ${message}`;
    return [{ level: 'error', message: 'states are not saved yet', fields: { error: message }, text }];
  }

  /** That a tick failed as a whole; nothing changed. */
  ofFailure(message: string): readonly LogEntry[] {
    if (message === this.#failure) return [];
    this.#failure = message;
    const text = `failed, nothing is changed: ${message}`;
    return [{ level: 'error', message: 'failed, nothing is changed', fields: { error: message }, text }];
  }
}

function problemEntry(message: LogMessage, key: string, problem: string): Omit<LogEntry, 'level'> {
  return { message, fields: { ...dsoField(key), problem }, text: `${key} ${problem}` };
}

function goneEntry(key: string): LogEntry {
  const text = `${key} is gone from the hub; what is in Git stays`;
  return { level: 'info', message: 'gone, what is in Git stays', fields: dsoField(key), text };
}

function overEntry(trouble: string): LogEntry {
  return { level: 'info', message: 'over', fields: { trouble }, text: `over: ${trouble}` };
}

function servedEntry(key: string): LogEntry {
  return {
    level: 'info',
    message: 'served',
    fields: dsoField(key),
    text: `${key} is served, nothing is in the way any more`,
  };
}

function commitEntry({ name, commit, message }: Pick<DestinationReport, 'name' | 'commit' | 'message'>): LogEntry {
  const subject = message?.split('\n')[0] ?? '';
  const fields = { destination: name, commit, subject };
  return { level: 'info', message: 'committed', fields, text: `commit ${commit} on ${name}: ${subject}` };
}

/** What an entry is about. */
type About = Readonly<Record<string, string>>;

function refusalEntry(about: About, { reason, message }: { reason: string; message: string }): LogEntry {
  const fields = { ...about, reason, error: message };
  return { level: 'error', message: 'not delivered', fields, text: `${placeOf(about)} ${reason}: ${message}` };
}

function warningEntry(about: About, warning: string): LogEntry {
  const fields = { ...about, warning };
  return { level: 'warn', message: 'not done as configured', fields, text: `${placeOf(about)}: ${warning}` };
}

/** What a step did, in the past. */
const PROPOSED: Readonly<Record<string, LogMessage>> = {
  create: 'pull request opened',
  rebuild: 'pull request brought in line',
  refresh: 'pull request brought in line',
  disarm: 'pull request does not merge itself any more',
  close: 'pull request closed',
};

function proposedEntry(message: LogMessage, about: About, { pullRequest, dsos }: ProposalReport): LogEntry {
  const fields = { ...about, number: pullRequest?.number, url: pullRequest?.url, dsos: dsos.length };
  return { level: 'info', message, fields, text: `${message}: ${pullRequest?.url ?? placeOf(about)}` };
}

function placeOf(about: About): string {
  return Object.values(about).join(' ');
}

/** An entry, and what has to be different for it to be said again. */
interface Said {
  readonly about: string;
  readonly news: string;
  readonly isTrouble: boolean;
  readonly entry: LogEntry;
}

function entriesOf(dso: DsoReport): readonly Said[] {
  const { key, total, verdict, reason, readings, problems } = dso;
  const about = dsoField(key);
  const said: Said[] = [];
  if (total.decided !== null && verdict !== 'wait' && verdict !== 'held') {
    const because = becauseOf(dso);
    const fields = { ...about, total: total.decided, because };
    const text = `${key} total ${total.decided}${because === '' ? '' : `: ${because}`}`;
    said.push({
      about: 'total',
      news: String(total.decided),
      isTrouble: false,
      entry: { level: 'info', message: 'decided', fields, text },
    });
  }
  if (reason !== '') {
    const fields = { ...about, verdict, reason, because: dso.message };
    const level = verdict === 'wait' ? 'info' : 'error';
    const text = `${key} ${reason}: ${dso.message}`;
    said.push({
      about: 'verdict',
      news: text,
      isTrouble: true,
      entry: { level, message: 'nothing is written', fields, text },
    });
  }
  for (const text of readings.flatMap(({ problem }) => problem ?? []))
    said.push({
      about: text,
      news: text,
      isTrouble: true,
      entry: { level: 'error', ...problemEntry('not readable', key, text) },
    });
  // On a DSO that is served it is advice: a setting without an effect.
  const [level, message] = verdict === 'stalled' ? (['error', 'not valid'] as const) : (['info', 'advice'] as const);
  for (const text of problems)
    said.push({
      about: text,
      news: text,
      isTrouble: level === 'error',
      entry: { level, ...problemEntry(message, key, text) },
    });
  return said;
}
