import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { TOKEN } from '../../forge/forge-site.ts';
import { GitHubStandIn, type StandInSettings } from '../../forge/stand-in/stand-in.ts';
import { findSecrets } from '../../repository/secrets.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';
import { manifestOf } from '../../scenarios/world.ts';
import { type RunEnded, type RunGiven, runBundle } from './action-run.ts';

/** A repository at GitHub with its configuration, its DSOs and their metrics in it, and the checkouts of runs. */
export class ActionSite {
  readonly standIn: GitHubStandIn;
  readonly #said: string[] = [];

  private constructor(standIn: GitHubStandIn) {
    this.standIn = standIn;
    standIn.git.behave({ account: `x-access-token:${TOKEN}` });
    onTestFinished(() => {
      const directories = [standIn.repository.bare.directory];
      expect(findSecrets([TOKEN], { directories, texts: { said: this.#said } })).toEqual([]);
    });
  }

  /** @param destination what differs from a delivery by push */
  static async start(
    destination: Readonly<Record<string, unknown>> = {},
    settings: StandInSettings = {},
  ): Promise<ActionSite> {
    const standIn = await GitHubStandIn.start(settings);
    const site = new ActionSite(standIn);
    const configuration = {
      apiVersion: 'dso-gitops.dev/v1alpha1',
      kind: 'Configuration',
      source: { files: ['dsos'] },
      members: ['one', 'two'],
      firstSight: 'write',
      destinations: [
        {
          repository: standIn.gitUrl,
          github: { repository: 'acme/fleet', apiUrl: standIn.apiUrl },
          ...destination,
        },
      ],
    };
    site.commit({ 'dso-gitops.yaml': stringify(configuration), ...dso('a'), ...metric('a', 20) });
    return site;
  }

  commit(files: Readonly<Record<string, string | null>>, branch = 'main'): string {
    const { bare } = this.standIn.repository;
    if (bare.tip(branch) === null) bare.git('update-ref', `refs/heads/${branch}`, bare.tip() ?? '');
    return bare.commit(files, branch);
  }

  /** A checkout of a commit, detached, as `actions/checkout` leaves it. @param depth commits of it; 0: all */
  checkout(commit = this.standIn.repository.bare.tip() ?? '', depth = 0): string {
    const directory = join(temporaryDirectory(), 'work');
    mkdirSync(directory);
    const git = (...args: readonly string[]): void => void execFileSync('git', args, { cwd: directory, stdio: 'pipe' });
    git('init', '--quiet');
    const how = depth === 0 ? [] : [`--depth=${depth}`];
    git('fetch', '--quiet', ...how, `file://${this.standIn.repository.bare.directory}`, commit);
    git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
    return directory;
  }

  /** Runs the action in a checkout. */
  async run(inputs: Readonly<Record<string, string>>, given: Partial<RunGiven> = {}): Promise<RunEnded> {
    const serverUrl = new URL(this.standIn.gitUrl).origin;
    const workspace = given.workspace ?? this.checkout();
    const ended = await runBundle({ serverUrl, apiUrl: this.standIn.apiUrl, ...given, workspace, inputs });
    // The runner is told what to mask, and masks it.
    this.#said.push(ended.log.replaceAll(/^::add-mask::.*$/gm, ''), ended.summary, JSON.stringify(ended.outputs));
    return ended;
  }

  /** A pull request of a branch, as its event tells it, with the merge that is checked out. */
  pullRequest(branch: string, isFork = false): Pick<RunGiven, 'event' | 'eventName' | 'workspace'> {
    const { repository } = this.standIn;
    const { bare } = repository;
    const pull = repository.open({ head: branch, base: 'main', title: 'change', body: '', author: 'alice' });
    const [base, head] = [bare.tip() ?? '', bare.tip(branch) ?? ''];
    const tree = bare.git('merge-tree', '--write-tree', base, head).trim();
    const who = ['-c', 'user.name=GitHub', '-c', 'user.email=noreply@github.com'];
    const merge = bare.git(...who, 'commit-tree', tree, '-p', base, '-p', head, '-m', 'merge').trim();
    bare.git('update-ref', `refs/pull/${pull.number}/merge`, merge);
    return {
      eventName: 'pull_request',
      workspace: this.checkout(merge),
      event: {
        pull_request: {
          number: pull.number,
          head: { sha: head, repo: { full_name: isFork ? 'alice/fleet' : 'acme/fleet' } },
          base: { ref: 'main', sha: base, repo: { full_name: 'acme/fleet' } },
        },
      },
    };
  }
}

/** Files of a DSO whose ConfigMap is called as it is. */
export function dso(name: string): Readonly<Record<string, string>> {
  return { [`dsos/${name}.yaml`]: stringify(manifestOf({ name })) };
}

export function metric(name: string, value: number): Readonly<Record<string, string>> {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { value: String(value) },
  };
  return { [`dsos/${name}.metric.yaml`]: stringify(object) };
}

/** Writes files into a checkout. */
export function write(workspace: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
}
