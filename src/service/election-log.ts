import type { Standing } from './lead.ts';
import type { LogEntry } from './log.ts';

/** Entries for what elections come to: the same is said once. */
export class ElectionLog {
  #said = '';

  /** What one try came to. */
  of(standing: Standing): readonly LogEntry[] {
    const entry = entryOf(standing);
    if (entry.text === this.#said) return [];
    this.#said = entry.text;
    return [entry];
  }
}

function entryOf(standing: Standing): LogEntry {
  if (standing.kind === 'leads')
    return { level: 'info', message: 'leads', fields: {}, text: 'holds the Lease, and is the one that writes' };
  if (standing.kind === 'fails') {
    const { reason, message } = standing.error;
    const fields = { reason, error: message };
    return { level: 'error', message: 'the Lease cannot be had', fields, text: `${reason}: ${message}` };
  }
  const holder = standing.holder === '' ? 'another one' : standing.holder;
  const text = `waits: ${holder} holds the Lease`;
  return { level: 'info', message: 'waits for the Lease', fields: { holder }, text };
}
