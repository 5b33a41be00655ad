import { pino } from 'pino';

/** One line of the log. */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  /** The same for every entry of its kind. */
  readonly message: string;
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
