import { TOKEN } from '../forge/forge-site.ts';
import { GitHubStandIn, type StandInSettings } from '../forge/stand-in/stand-in.ts';
import { World } from '../scenarios/world.ts';

/** A hub of files whose fleet is at GitHub, where changes are proposed. */
export interface ReviewedWorld {
  readonly world: World;
  readonly standIn: GitHubStandIn;
}

/** @param destination what differs from a delivery by pull request alone */
export async function reviewedWorld(
  destination: Readonly<Record<string, unknown>> = {},
  settings: StandInSettings = {},
): Promise<ReviewedWorld> {
  const clock: { world: World | null } = { world: null };
  const now = (): number => clock.world?.now ?? Date.UTC(2026, 0, 1);
  const standIn = await GitHubStandIn.start({ now, ...settings });
  const pullRequests = { github: { repository: 'acme/fleet', apiUrl: standIn.apiUrl } };
  const world = new World(
    {
      destinations: [
        {
          name: 'fleet',
          repository: standIn.gitUrl,
          credentials: { tokenEnvironment: 'FLEET_TOKEN' },
          delivery: 'pullRequest',
          pullRequests,
          ...destination,
        },
      ],
    },
    standIn.repository.bare,
  );
  world.environment['FLEET_TOKEN'] = TOKEN;
  clock.world = world;
  return { world, standIn };
}
