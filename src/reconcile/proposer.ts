import type { ForgeSettings } from '../config/load-forge.ts';
import type { PullRequestSettings } from '../config/load-pull-requests.ts';
import { asProductError, mustAct, ProductError } from '../errors.ts';
import type { Forge, PullRequest } from '../forge/forge.ts';
import { cleanText } from '../manifests/clean-text.ts';
import type { Templates } from '../manifests/template.ts';
import { parseMarker, withdrawn } from '../proposal/marker.ts';
import type { Step } from '../proposal/next-step.ts';
import type { Proposal, ProposalEntry } from '../proposal/proposal.ts';
import { renderProposal } from '../proposal/render.ts';
import type { Branch } from './branch.ts';
import { Builds } from './builds.ts';
import type { ProposedDso } from './proposed-group.ts';
import { Reviews } from './reviews.ts';
import type { Waiting } from './waiting.ts';

/** One group with what is done next about it. */
export interface Task {
  readonly group: string;
  readonly head: string;
  readonly dsos: readonly ProposedDso[];
  readonly entries: readonly ProposalEntry[];
  /** See Proposal.ground. */
  readonly ground: string;
  readonly open: PullRequest | null;
  /** The base that it was decided on; null: it has no commit. */
  readonly tip: string | null;
  readonly step: Step;
}

/** What became of the proposal of one group. */
export interface ProposalOutcome {
  readonly repository: string;
  readonly base: string;
  readonly group: string;
  /** What was done, or in a plan would be. */
  readonly step: Step['kind'];
  /** It would be done, and is not: a plan, or it has to wait. */
  readonly isPlanned: boolean;
  /** Keys of the DSOs that it is about. */
  readonly keys: readonly string[];
  /** null: there is none yet, or none any more. */
  readonly pull: PullRequest | null;
  readonly waiting: Waiting | null;
  readonly error: ProductError | null;
  /** What was asked for and could not be had, each a sentence. */
  readonly warnings: readonly string[];
}

/** Opens the API of a repository's host; the same one for the same settings. */
export type OpenForge = (settings: ForgeSettings) => Promise<Forge>;

/** What is needed to propose. */
export interface ProposalParts {
  readonly owner: string;
  readonly templates: Templates;
  /** The program and the installation, for people. */
  readonly writtenBy: string;
  readonly openForge: OpenForge;
}

interface Built {
  readonly commit: string;
  /** Epoch milliseconds. */
  readonly builtAt: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What a proposer is made of. */
export interface ProposerParts {
  readonly branch: Branch;
  readonly settings: PullRequestSettings;
  /** The API of the branch's host. */
  readonly open: () => Promise<Forge>;
  readonly parts: Pick<ProposalParts, 'templates' | 'writtenBy'>;
  /** Told how a pull request stands after each change of it. */
  readonly learn: (pull: PullRequest) => void;
}

/** Brings pull requests of one branch about, and ends them. */
export class Proposer {
  readonly branch: Branch;
  readonly #parts: ProposerParts;
  readonly #reviews = new Reviews();
  readonly #builds: Builds;
  /** By number of a pull request that a person says no to: when it was changed last before its queue was looked at. */
  readonly #unqueued = new Map<number, number>();

  constructor(parts: ProposerParts) {
    this.branch = parts.branch;
    this.#parts = parts;
    this.#builds = new Builds(parts.branch, parts.parts.templates);
  }

  /** Does what is next about a group; never rejects. @param now epoch milliseconds */
  async perform(task: Task, now: number): Promise<ProposalOutcome> {
    return { ...(await this.#perform(task, now)), isPlanned: false };
  }

  /** What would be done, as the reviews are now. */
  async plan(task: Task, now: number): Promise<ProposalOutcome> {
    const told = untold(this, task);
    if (task.step.kind !== 'rebuild' || !task.open) return told;
    try {
      const waiting = await this.#reviews.ask(task.open, now, await this.#parts.open());
      return waiting ? { ...told, step: 'wait', waiting } : told;
    } catch (thrown) {
      return { ...told, error: asProductError(thrown) };
    }
  }

  async #perform(task: Task, now: number): Promise<ProposalOutcome> {
    try {
      const forge = await this.#parts.open();
      if (task.step.kind === 'disarm' && task.open)
        return await this.#disarm(task, task.open, task.step.message, forge);
      if (task.step.kind === 'close' && task.open) return await this.#close(task, task.open, task.step.message, forge);
      if (task.step.kind === 'refresh' && task.open) {
        const { commit, builtAt } = task.step.marker;
        return await this.#tell(task, task.open, { commit, builtAt, now }, forge);
      }
      if (task.open) {
        const waiting = await this.#reviews.ask(task.open, now, forge);
        if (waiting) return { ...untold(this, task), step: 'wait', waiting };
      }
      return await this.#build(task, now, forge);
    } catch (thrown) {
      return { ...untold(this, task), error: asProductError(thrown) };
    }
  }

  /** Why nothing is done about a group, as a review that was read lately says; null: none says so. */
  keptBy({ open, step }: Pick<Task, 'open' | 'step'>, now: number): Waiting | null {
    return open && step.kind === 'rebuild' ? this.#reviews.known(open, now) : null;
  }

  async #build(task: Task, now: number, forge: Forge): Promise<ProposalOutcome> {
    const { repository } = this.branch;
    if (!repository) throw new Error(`${this.branch.settings.url} was not read`);
    if (task.tip === null)
      throw mustAct(
        'BaseMissing',
        `${this.branch.settings.branch} has no commit yet that a pull request could go to; push a first one`,
      );
    const before = repository.proposed.get(task.head) ?? null;
    if (!(await this.#isOwn(task, before))) throw this.#taken(task);
    if (repository.tip !== task.tip)
      throw new ProductError('retry', 'LostRace', 'the base has moved; it is decided again');
    const { commit, builtAt, warnings: said } = await this.#builds.build(task, task.tip, before, now);
    const at = { commit, builtAt, now };
    if (task.open) {
      const told = await this.#tell(task, task.open, at, forge);
      return { ...told, warnings: said };
    }
    const { title, body } = this.#render(task, at);
    const { labels, reviewers } = this.#parts.settings;
    const request = {
      head: task.head,
      base: this.branch.settings.branch,
      title,
      body,
      labels,
      reviewers,
    };
    const { pull, isNew, warnings } = await forge.create(request);
    this.#builds.forget(task.group);
    this.#parts.learn(pull);
    const outcome = {
      ...untold(this, task),
      pull,
      warnings: [...said, ...warnings, ...(await this.#arm(pull, forge))],
    };
    return isNew ? outcome : { ...(await this.#tell(task, pull, at, forge)), step: 'create' };
  }

  /** What its text names is ours, whoever the author of our commits is by now. @param tip where its branch is */
  async #isOwn({ head, open }: Task, tip: string | null): Promise<boolean> {
    if (tip === null || tip === parseMarker(open?.body ?? null)?.commit) return true;
    return (await this.branch.repository?.isOwn(head)) === true;
  }

  #taken({ head, open }: Task): ProductError {
    const what = open
      ? `pull request #${open.number} has commits of a person`
      : `branch ${head} has commits of a person`;
    return mustAct(
      'ForeignCommits',
      `${what}, which are kept: merge it, or delete branch ${head} and resume its workloads: dso-gitops resume <namespace>/<name>`,
    );
  }

  /** Brings title and body in line. */
  async #tell(task: Task, pull: PullRequest, at: Built, forge: Forge): Promise<ProposalOutcome> {
    const updated = await forge.update(pull.number, this.#render(task, at));
    // A person was faster: their word is about what it said then.
    if (updated.state !== 'open') return this.#restore(task, pull, forge);
    this.#parts.learn(updated);
    return { ...untold(this, task), pull: updated };
  }

  /** What it says is withdrawn first: a person has not said no to it. */
  async #close(task: Task, pull: PullRequest, why: string, forge: Forge): Promise<ProposalOutcome> {
    const { number, body } = pull;
    const at = this.branch.repository?.proposed.get(task.head) ?? null;
    if (!(await this.#isOwn(task, at))) throw this.#taken(task);
    const before = await forge.update(number, { body: withdrawn(body) });
    // A person was faster: that is a no to what it listed.
    if (before.state !== 'open') return this.#restore(task, pull, forge);
    const closed = await forge.close(number, `Closed: ${cleanText(why)}.`);
    this.#parts.learn(closed);
    const tip = this.branch.repository?.proposed.get(task.head) ?? null;
    if (closed.state === 'closed' && tip !== null && tip === parseMarker(body)?.commit) {
      await forge.deleteBranch(task.head, tip);
      this.branch.repository?.forgetProposed(task.head);
    }
    return { ...untold(this, task), pull: closed };
  }

  /** Whether it may be in the merge queue against a person's no: only its review tells. */
  mayBeQueued({ number, updatedAt }: PullRequest): boolean {
    return this.#unqueued.get(number) !== updatedAt;
  }

  /** A person arms it again, or puts it into the queue. */
  async #disarm(task: Task, pull: PullRequest, why: string, forge: Forge): Promise<ProposalOutcome> {
    const { number, nodeId, isAutoMergeArmed } = pull;
    if (isAutoMergeArmed) await forge.disableAutoMerge(nodeId);
    const { isQueued } = await forge.review(number);
    if (isQueued) await forge.dequeue(nodeId);
    this.#unqueued.set(number, pull.updatedAt);
    if (!isAutoMergeArmed && !isQueued) return { ...untold(this, task), step: 'none' };
    const again = isQueued ? 'Put it into the queue again' : 'Arm it again';
    await forge.comment(number, `It does not merge itself any more: ${cleanText(why)}. ${again} when that is over.`);
    const disarmed = { ...pull, isAutoMergeArmed: false };
    this.#parts.learn(disarmed);
    return { ...untold(this, task), pull: disarmed };
  }

  async #restore(task: Task, { number, body }: PullRequest, forge: Forge): Promise<ProposalOutcome> {
    const ended = await forge.update(number, { body });
    this.#parts.learn(ended);
    return { ...untold(this, task), pull: ended };
  }

  /** What could not be had is told; the pull request is there all the same. */
  async #arm({ nodeId }: PullRequest, forge: Forge): Promise<readonly string[]> {
    const { autoMerge } = this.#parts.settings;
    if (autoMerge === null) return [];
    try {
      await forge.enableAutoMerge(nodeId, autoMerge);
      return [];
    } catch (thrown) {
      return [asProductError(thrown).message];
    }
  }

  #render({ entries, group, ground }: Task, { commit, builtAt, now }: Built): ReturnType<typeof renderProposal> {
    const { validForMs } = this.#parts.settings;
    const { writtenBy, templates } = this.#parts.parts;
    const proposal: Proposal = {
      base: this.branch.settings.branch,
      group,
      entries,
      commit,
      builtAt,
      ground,
      validUntil: now + validForMs,
      renderedAt: now,
      writtenBy,
    };
    return renderProposal(templates, proposal);
  }
}

/** What is told of a group of which nothing was done yet. */
export function untold(
  { branch: { settings } }: Pick<Proposer, 'branch'>,
  { group, dsos, open, step }: Pick<Task, 'group' | 'dsos' | 'open' | 'step'>,
): ProposalOutcome {
  return {
    repository: settings.url,
    base: settings.branch,
    group,
    step: step.kind,
    isPlanned: true,
    keys: dsos.map(({ placed }) => placed.dso.key),
    pull: open,
    waiting: step.kind === 'wait' ? { reason: step.reason, message: step.message } : null,
    error: null,
    warnings: [],
  };
}
