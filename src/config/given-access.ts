import type { GitHubFile } from './forge-schema.ts';
import type { DestinationFile } from './schema.ts';

/** What `github` of a destination names to act with; at most one of them is right. */
export function accessGiven({ app, tokenEnvironment, tokenFile }: Partial<GitHubFile>): readonly unknown[] {
  return [app, tokenEnvironment, tokenFile].filter((one) => one !== undefined);
}

/** Whether the credentials of a destination name a token for Git. */
export function hasToken({ credentials }: Pick<DestinationFile, 'credentials'>): boolean {
  return (credentials?.tokenEnvironment ?? credentials?.tokenFile) !== undefined;
}

/** Whether Git is reached with what acts at the API. */
export function isForgeForGit(destination: DestinationFile): boolean {
  const isGiven = accessGiven(destination.github ?? {}).length > 0;
  return isGiven && !hasToken(destination) && /^https?:\/\//.test(destination.repository);
}
