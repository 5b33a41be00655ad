import type { DestinationFile } from './schema.ts';

/** A token for the repositories of a host that name none. */
export interface TokenFallback {
  /** Of their URLs, such as `https://github.com`. */
  readonly origin: string;
  /** Environment variable that holds it. */
  readonly environment: string;
}

/** A destination with the token, where it is of that host and names nothing that it is reached with. */
export function withFallback(destination: DestinationFile, fallback: TokenFallback | null): DestinationFile {
  const { repository, credentials, github } = destination;
  const named = [
    credentials?.tokenEnvironment,
    credentials?.tokenFile,
    github?.app,
    github?.tokenEnvironment,
    github?.tokenFile,
  ];
  if (!fallback || named.some((one) => one !== undefined)) return destination;
  if (!repository.startsWith(`${fallback.origin}/`)) return destination;
  return { ...destination, credentials: { ...credentials, tokenEnvironment: fallback.environment } };
}
