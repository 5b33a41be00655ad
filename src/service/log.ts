import { pino } from 'pino';

/** What a line of the log can say, as `msg`, and what it means. */
export const LOG_MESSAGES = {
  watching: 'it has started, and watches the hub',
  ended: 'it has ended, with nothing half done',
  leads: 'it holds the Leases, and is the one that writes',
  'waits for the Lease': 'another one holds a Lease; this one takes over when that one ends',
  'the Lease cannot be had': 'the API server does not answer, or refuses: nothing is written',
  decided: 'another total of a DSO, and why',
  committed: 'a commit was pushed',
  'pull request opened': 'what a rule proposes is to be reviewed',
  'pull request brought in line': 'it proposes what is decided now',
  'pull request does not merge itself any more': 'it was to merge by itself, and waits for a person now',
  'pull request closed': 'what it proposed is not wanted any more',
  'nothing is written': 'a DSO waits, is held, or is not served; the reason says why',
  served: 'nothing is in the way of a DSO any more',
  advice: 'a setting of a DSO that is served has no effect',
  'not valid': 'a DSO that cannot be served; file or object, field, and what was expected',
  'not readable': 'a trigger that cannot be read: the total stays',
  'gone, what is in Git stays': 'a DSO was deleted from the hub',
  'cannot be read': 'a part of the hub, such as a broken file, cannot be read',
  'not delivered': 'a destination did not take what was decided; it is tried again where that can help',
  'not done as configured': 'it was delivered, and something beside it did not work',
  'not written to the hub': 'a status, an event or a ScaledObject could not be written',
  'states are not saved yet': 'what must be remembered could not be saved beside the branches',
  'failed, nothing is changed': 'an evaluation failed as a whole, such as by a hub that cannot be read',
  over: 'what was told before is no longer so',
  'memory is nearly used up':
    'little of the heap is left even after a collection: raise the limits before it ends by that',
} as const;

/** What is the same for every entry of its kind. */
export type LogMessage = keyof typeof LOG_MESSAGES;

/** One line of the log. */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: LogMessage;
  /** What it is about, for machines. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The whole of it in one line, for people. */
  readonly text: string;
}

/** The DSO of an entry, as controllers write it. @param key `namespace/name` */
export function dsoField(key: string): { readonly dso: { readonly namespace: string; readonly name: string } } {
  const [namespace = '', name = ''] = key.split('/');
  return { dso: { namespace, name } };
}

/** Where entries go. */
export type Log = (entry: LogEntry) => void;

/** Lines for people. */
export function textLog(write: (text: string) => void, now: () => number): Log {
  return ({ text }) => write(`${new Date(now()).toISOString()} ${text}\n`);
}

/** Lines for machines, with the keys that controllers use: level, ts, msg. */
export function jsonLog(write: (text: string) => void): Log {
  const logger = pino(
    {
      base: null,
      messageKey: 'msg',
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return ({ level, message, fields }) => logger[level](fields, message);
}
