import { randomBytes } from 'node:crypto';
import { type Bodies, timeText } from './bodies.ts';
import type { Asked } from './description.ts';
import { failed, type Reply } from './reply.ts';
import type { GitHubStandIn } from './stand-in.ts';

const HOUR_MS = 3_600_000;

/** Who answers. */
export interface AppCall {
  readonly standIn: GitHubStandIn;
  readonly bodies: Bodies;
  readonly authorization: string | null;
}

/** Calls that an App makes with its key; null: it is none of them. */
export function answerApp({ route, parameters }: Asked, { standIn, bodies, authorization }: AppCall): Reply | null {
  const { app, repository } = standIn;
  const isOfApp = route.startsWith('GET /app') || route.startsWith('POST /app/') || route.endsWith('/installation');
  if (!isOfApp) return null;
  if (!app.accepts(authorization?.replace(/^bearer /i, '') ?? ''))
    return failed(401, 'A JSON web token could not be decoded');
  const isHere = `${parameters['owner']}/${parameters['repo']}` === repository.fullName;
  switch (route) {
    case 'GET /app':
      return { status: 200, body: bodies.app(app.slug) };
    case 'GET /repos/{owner}/{repo}/installation':
      return isHere ? { status: 200, body: bodies.installation(app.installation) } : failed(404, 'Not Found');
    case 'POST /app/installations/{installation_id}/access_tokens': {
      if (Number(parameters['installation_id']) !== app.installation) return failed(404, 'Not Found');
      const endsAt = standIn.now() + HOUR_MS;
      const { text } = standIn.grant(`ghs_${randomBytes(18).toString('hex')}`, { login: `${app.slug}[bot]`, endsAt });
      return { status: 201, body: bodies.installationToken(text, timeText(endsAt)) };
    }
    default:
      return null;
  }
}
