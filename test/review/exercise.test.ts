import { expect, it } from 'vitest';
import { TOKEN } from '../forge/forge-site.ts';
import { GitHubStandIn } from '../forge/stand-in/stand-in.ts';
import { exercise } from '../suites/github/exercise.ts';

it('what is run against github.com runs against the stand-in, and leaves no branch', async () => {
  const standIn = await GitHubStandIn.start();
  const github = { repository: 'acme/fleet', apiUrl: standIn.apiUrl };
  await exercise({ url: standIn.gitUrl, token: TOKEN, github });
  expect([...standIn.repository.bare.refs().keys()].filter((ref) => ref.includes('dso-gitops-test'))).toEqual([]);
});
