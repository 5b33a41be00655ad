/** An answer before it goes out. */
export interface Reply {
  readonly status: number;
  /** undefined: without a body. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const DOCUMENTATION = 'https://docs.github.test/rest';

/** A failure in GitHub's form. */
export function failed(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body: { message, documentation_url: DOCUMENTATION, status: String(status) }, headers };
}

/** A failed validation in GitHub's form. */
export function invalid(...errors: readonly Readonly<Record<string, string>>[]): Reply {
  return {
    status: 422,
    body: { message: 'Validation Failed', errors, documentation_url: DOCUMENTATION, status: '422' },
  };
}
