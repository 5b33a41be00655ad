import { it } from 'vitest';
import { exercise } from './exercise.ts';

it('github.com itself takes what the stand-in takes', async () => {
  const { DSO_GITOPS_TEST_REPOSITORY: repository, DSO_GITOPS_TEST_TOKEN: token } = process.env;
  if (!repository || !token)
    throw new Error(
      'set DSO_GITOPS_TEST_REPOSITORY=owner/name, a repository for this alone, and DSO_GITOPS_TEST_TOKEN',
    );
  await exercise({ url: `https://github.com/${repository}.git`, token });
});
