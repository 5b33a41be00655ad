import type { TokenFallback } from '../config/token-fallback.ts';

/** What a command may touch of the world; a test passes its own. */
export interface Context {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Characters of a line of the terminal; null: a file or a pipe, where tables are not cut. */
  readonly columns: number | null;
  /** A token for the repositories of a host that name none; absent: there is none. */
  readonly token?: TokenFallback;
  /** Hides a secret wherever the output is shown; absent: nothing there hides any. */
  readonly mask?: (secret: string) => void;
  /** Called before every call to a remote: ends `signal` where this process may do none any more. Absent: it always may. */
  readonly beforeCall?: () => void;
  /** Who this is among several of which one may write; absent: nobody else writes. */
  readonly writer?: string;
}

/** 0: fine. 1: something failed or is refused. 2: `plan --detailed-exitcode` found changes. */
export const EXIT = { fine: 0, failed: 1, changes: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
