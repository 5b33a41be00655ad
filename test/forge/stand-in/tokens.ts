import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import * as z from 'zod';

/** Who a token acts as, and what it may. */
export interface Token {
  readonly text: string;
  login: string;
  /** As in `x-accepted-github-permissions`, all to write. */
  permissions: Set<string>;
  /** Of a classic one; null: it is none. */
  readonly scopes: readonly string[] | null;
  /** In milliseconds since 1970; null: never. */
  readonly endsAt: number | null;
}

export const PERMISSIONS = ['contents', 'pull_requests', 'statuses'];

let key = '';

/** Making one takes long. */
function keyOnce(): string {
  if (key === '') {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  }
  return key;
}

/** A GitHub App, its key and its installation. */
export class HeldApp {
  readonly id = 4711;
  readonly slug = 'fleet-scaler';
  readonly installation = 99;
  /** In the form in which GitHub hands it out. */
  readonly privateKey = keyOnce();
  readonly #publicKey: KeyObject = createPublicKey(this.privateKey);

  /** Whether a JWT is this App's, signed, and in its time. */
  accepts(jwt: string): boolean {
    const [head = '', body = '', signature = ''] = jwt.split('.');
    const signed = Buffer.from(`${head}.${body}`);
    if (!verify('RSA-SHA256', signed, this.#publicKey, Buffer.from(signature, 'base64url'))) return false;
    const claims = z
      .object({ iss: z.union([z.string(), z.number()]), iat: z.number(), exp: z.number() })
      .parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
    const now = Date.now() / 1000;
    return String(claims.iss) === String(this.id) && claims.iat <= now && claims.exp > now && claims.exp <= now + 600;
  }
}
