import { TOKEN } from '../forge/forge-site.ts';
import { GitHubStandIn, type StandInSettings } from '../forge/stand-in/stand-in.ts';
import { World } from '../scenarios/world.ts';

/** A hub of files whose fleet is at GitHub, where changes are proposed. */
export interface ReviewedWorld {
  readonly world: World;
  readonly standIn: GitHubStandIn;
}

/**
 * @param destination what differs from a delivery by pull request alone
 * @param acts who acts there
 * @param github what differs in how its API is used
 */
export async function reviewedWorld(
  destination: Readonly<Record<string, unknown>> = {},
  settings: StandInSettings = {},
  acts: 'token' | 'app' = 'token',
  github: Readonly<Record<string, unknown>> = {},
): Promise<ReviewedWorld> {
  const clock: { world: World | null } = { world: null };
  const now = (): number => clock.world?.now ?? Date.UTC(2026, 0, 1);
  const standIn = await GitHubStandIn.start({ now, ...settings });
  const app = acts === 'app' ? { app: { id: standIn.app.id, privateKeyEnvironment: 'APP_KEY' } } : {};
  const world = new World(
    {
      destinations: [
        {
          name: 'fleet',
          repository: standIn.gitUrl,
          credentials: { tokenEnvironment: 'FLEET_TOKEN' },
          github: { repository: 'acme/fleet', apiUrl: standIn.apiUrl, ...app, ...github },
          delivery: 'pullRequest',
          ...destination,
        },
      ],
    },
    standIn.repository.bare,
  );
  world.environment['FLEET_TOKEN'] = TOKEN;
  world.environment['APP_KEY'] = standIn.app.privateKey;
  clock.world = world;
  return { world, standIn };
}
