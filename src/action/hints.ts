import { mustAct, type ProductError } from '../errors.ts';

const APP = 'pass the token of an App that has them (see docs/use-github.md)';

/** What is to be changed in a workflow or in the settings of its repository, by reason. */
const HINTS: Readonly<Record<string, string>> = {
  PermissionDenied: `in a workflow: add contents: write, and pull-requests: write for pull requests and comments, under permissions: of the job, or ${APP}`,
  AuthenticationFailed: `in a workflow: set the input token, or name credentials in the configuration; GITHUB_TOKEN reaches its own repository only`,
  CredentialMissing: 'in a workflow: set the input token, or give the variable to the step under env:',
  ProtectedBranch: `in a workflow: GITHUB_TOKEN cannot be let past the rules of a branch: ${APP} and may bypass them, or deliver by pull request`,
  SignatureRequired: 'in a workflow: set write: api in the destination, and GitHub signs the commits',
  ConfigurationMissing:
    'in a workflow: actions/checkout comes first; it is looked for in working-directory under the name of the input config',
  PullRequestsByActionsOff:
    'allow it at Settings, Actions, General, Workflow permissions ("Allow GitHub Actions to create and approve pull requests"), or use an App',
};

/** An error as it is told in a workflow. */
export function inWorkflow({ reason, message: whole }: Pick<ProductError, 'reason' | 'message'>): string {
  const hint = HINTS[reason];
  // A configuration to start with belongs into a terminal.
  const message = reason === 'ConfigurationMissing' ? (whole.split('. Save this', 1)[0] ?? whole) : whole;
  return `${reason}: ${message}${hint === undefined ? '' : `; ${hint}`}`;
}

/** Of a checkout without the history that verifying takes. */
export function shallowCheckout(): ProductError {
  return mustAct(
    'CheckoutShallow',
    'the checkout has only a part of the history, and every decision is verified: set fetch-depth: 0 for actions/checkout',
  );
}
