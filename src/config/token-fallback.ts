import { accessGiven } from './given-access.ts';
import type { DestinationFile } from './schema.ts';

/** A token for the repositories of a host that have none. */
export interface TokenFallback {
  /** Of their URLs, such as `https://github.com`. */
  readonly origin: string;
  /** Where the API of that host is: the token goes nowhere else. */
  readonly apiUrl: string;
  /** Environment variable that holds it. */
  readonly environment: string;
  /** Whether an environment variable that a destination names holds something. */
  readonly isSet: (environment: string) => boolean;
}

/** A destination with the token, where it is of that host and has nothing else that it is reached with. */
export function withFallback(destination: DestinationFile, fallback: TokenFallback | null): DestinationFile {
  const { repository, credentials, github } = destination;
  if (!fallback || credentials?.tokenFile !== undefined || accessGiven(github ?? {}).length > 0) return destination;
  const own = credentials?.tokenEnvironment;
  if (own !== undefined && fallback.isSet(own)) return destination;
  const isOfHost =
    repository.startsWith(`${fallback.origin}/`) && (github?.apiUrl ?? fallback.apiUrl) === fallback.apiUrl;
  if (!isOfHost) return destination;
  return { ...destination, credentials: { ...credentials, tokenEnvironment: fallback.environment } };
}
