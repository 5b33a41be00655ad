import type { SecretSource } from '../repository/read-secret.ts';
import type { Configuration, Destination } from './load.ts';

/** Where the secrets are that a configuration names: tokens, private keys of Apps, passphrases. */
export function secretSources({ destinations }: Configuration): readonly SecretSource[] {
  return destinations.flatMap(sourcesOf);
}

function sourcesOf({ credentials, signing, forge }: Destination): readonly SecretSource[] {
  const access = forge?.github.access;
  return [
    { environment: credentials.tokenEnvironment, file: credentials.tokenFile },
    { environment: signing?.passphraseEnvironment ?? null, file: signing?.passphraseFile ?? null },
    ...(access ? ['token' in access ? access.token : access.app.privateKey] : []),
  ];
}
