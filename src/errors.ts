/** What has to happen before the same call can succeed. */
export type ErrorKind = 'act' | 'retry' | 'later';

/**
 * The only error class that crosses a folder. `act`: a person must change something, no retry helps. `retry`: the world
 * moved, read it again and try at once. `later`: transient, back off.
 *
 * `reason` is CamelCase and stable: it is the condition's reason, the event's reason and the metric's label.
 */
export class ProductError extends Error {
  readonly kind: ErrorKind;
  readonly reason: string;
  /** The path in a repository that it is about; null: none. */
  path: string | null = null;
  /** Of kind `later`: when to come again, in milliseconds since 1970, as the other side told; null: nobody told. */
  until: number | null = null;

  constructor(kind: ErrorKind, reason: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ProductError';
    this.kind = kind;
    this.reason = reason;
  }
}

/** An error that only the user can mend. */
export function mustAct(reason: string, message: string, cause?: unknown): ProductError {
  return new ProductError('act', reason, message, cause);
}

/** An error about one path of a repository, which others need not suffer from. */
export function refusePath(path: string, reason: string, message: string): ProductError {
  const error = mustAct(reason, message);
  error.path = path;
  return error;
}

/** The same error, with the time in milliseconds since 1970 before which trying again is in vain. */
export function notBefore(until: number, error: ProductError): ProductError {
  error.until = until;
  return error;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Anything that was thrown, as an error with a kind: what is not known is tried again later. */
export function asProductError(error: unknown): ProductError {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
    return new ProductError(
      'later',
      'DiskFull',
      `${error.message}; make room on the disk that holds the mirrors`,
      error,
    );
  return error instanceof ProductError ? error : new ProductError('later', 'Unexpected', messageOf(error), error);
}
