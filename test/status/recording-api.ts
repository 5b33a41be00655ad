import type { StoredDso } from '../../src/sources/hub.ts';
import type { StatusApi } from '../../src/status/status-api.ts';
import type { Transition } from '../../src/status/transitions.ts';

/** An API server that has one DSO: its status and its events. */
export class RecordingApi implements StatusApi {
  /** The status as it is stored. */
  status: unknown = undefined;
  readonly events: string[] = [];
  writes = 0;
  takeOvers = 0;
  /** What happens before the next writes land, in order; one that rejects makes the write fail. */
  readonly before: (() => Promise<void>)[] = [];

  async apply(_dso: StoredDso, status: object): Promise<unknown> {
    this.writes += 1;
    await this.before.shift()?.();
    this.status = JSON.parse(JSON.stringify(status));
    return JSON.parse(JSON.stringify(status));
  }

  async takeOver(dso: StoredDso, status: object): Promise<unknown> {
    this.takeOvers += 1;
    return this.apply(dso, status);
  }

  async record(_dso: StoredDso, { reason }: Transition): Promise<void> {
    this.events.push(reason);
  }

  /** Reason of Ready as it is stored. */
  get ready(): string | undefined {
    const { conditions } = (this.status ?? {}) as { conditions?: readonly { type: string; reason: string }[] };
    return conditions?.find(({ type }) => type === 'Ready')?.reason;
  }
}
