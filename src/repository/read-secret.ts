import { readFile } from 'node:fs/promises';
import { messageOf, mustAct } from '../errors.ts';

/** Where a secret is; at most one of them is named. */
export interface SecretSource {
  readonly environment: string | null;
  readonly file: string | null;
}

/**
 * A secret as it is now, without the line break at its end; null: none is named.
 *
 * @param what it is, in messages
 * @throws ProductError kind `act` when it is named and not there
 */
export async function readSecret(
  { environment, file }: SecretSource,
  what: string,
  parent: NodeJS.ProcessEnv,
): Promise<string | null> {
  if (environment !== null) {
    const secret = withoutBreak(parent[environment] ?? '');
    if (secret.trim() !== '') return secret;
    throw mustAct(
      'CredentialMissing',
      `environment variable ${environment} is not set; it should hold the ${what}; set it`,
    );
  }
  if (file === null) return null;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const message = `cannot read ${file}, which should hold the ${what}: ${messageOf(error)}; make it readable for this user`;
    throw mustAct('CredentialMissing', message, error);
  });
  const secret = withoutBreak(text);
  if (secret.trim() !== '') return secret;
  throw mustAct('CredentialMissing', `${file} is empty; it should hold the ${what}; write it there`);
}

function withoutBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}
