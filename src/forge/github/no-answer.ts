import { messageOf, ProductError } from '../../errors.ts';
import { redact } from '../../repository/environment.ts';
import { oneLine } from './answer.ts';

/** Of Node and OpenSSL, for certificates that do not fit. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|ALTNAME/;
const PROXY = /Proxy (?:response|connection)|HTTP Tunneling|SOCKS/i;

/** A request without an answer as an error. */
export function explainNoAnswer(error: unknown, doing: string, host: string, secrets: readonly string[]): ProductError {
  if (error instanceof ProductError) return error;
  const causes = causesOf(error);
  const codes = causes.map(codeOf).join(' ');
  const said = oneLine(redact(messageOf(causes.at(-1) ?? error), secrets));
  const failed = `cannot ${doing}: no answer from ${host}: ${said}`;
  if (causes.some(({ message }) => PROXY.test(message)))
    return new ProductError(
      'act',
      'ProxyRefused',
      `${failed}; the proxy does not let this through: allow ${host} there, or correct HTTPS_PROXY, with user and password where it wants them, or proxy of the destination`,
    );
  // After the proxy, whose refusal the package also calls so.
  if (causes.some((cause) => cause.name === 'AbortError'))
    return new ProductError('later', 'Aborted', `cannot ${doing}: it was ended`);
  if (CERTIFICATE.test(codes))
    return new ProductError(
      'act',
      'CertificateRefused',
      `${failed}; check the name in the URL; make the CA known with credentials.caFile of the destination`,
    );
  return new ProductError('later', 'RemoteUnavailable', `${failed}; try again later, run does so by itself`);
}

/** The error and what it came from, the last one being where it began. */
function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = [];
  for (let at = error; at instanceof Error && causes.length < 10; at = at.cause) causes.push(at);
  return causes;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
