import type { PullRequestSettings } from '../config/load-pull-requests.ts';
import { asProductError, mustAct, type ProductError } from '../errors.ts';
import type { Forge, PullRequest } from '../forge/forge.ts';
import type { Templates } from '../manifests/template.ts';
import { parseMarker, withoutKeys } from '../proposal/marker.ts';
import type { Step } from '../proposal/next-step.ts';
import type { Proposal, ProposalEntry } from '../proposal/proposal.ts';
import { renderProposal } from '../proposal/render.ts';
import type { Branch } from './branch.ts';
import { composeGroup, type ProposedDso } from './proposed-group.ts';
import type { Waiting } from './waiting.ts';

/** One group with what is done next about it. */
export interface Task {
  readonly group: string;
  readonly head: string;
  readonly dsos: readonly ProposedDso[];
  readonly entries: readonly ProposalEntry[];
  readonly open: PullRequest | null;
  readonly step: Step;
}

/** What became of the proposal of one group. */
export interface ProposalOutcome {
  readonly repository: string;
  readonly base: string;
  readonly group: string;
  /** What was done, or in a plan would be. */
  readonly step: Step['kind'];
  /** Keys of the DSOs that it is about. */
  readonly keys: readonly string[];
  /** null: there is none yet, or none any more. */
  readonly pull: PullRequest | null;
  readonly waiting: Waiting | null;
  readonly error: ProductError | null;
  /** What was asked for and could not be had, each a sentence. */
  readonly warnings: readonly string[];
}

/** What is needed to propose. */
export interface ProposalParts {
  readonly owner: string;
  readonly templates: Templates;
  /** The program and the installation, for people. */
  readonly writtenBy: string;
  readonly open: (settings: PullRequestSettings) => Promise<Forge>;
}

interface Built {
  readonly commit: string;
  /** Epoch milliseconds. */
  readonly builtAt: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Brings pull requests of one branch about, and ends them. */
export class Proposer {
  readonly branch: Branch;
  readonly #settings: PullRequestSettings;
  readonly #parts: ProposalParts;
  readonly #learn: (pull: PullRequest) => void;

  /** @param learn told how a pull request stands after each change of it */
  constructor(branch: Branch, settings: PullRequestSettings, parts: ProposalParts, learn: (pull: PullRequest) => void) {
    this.branch = branch;
    this.#settings = settings;
    this.#parts = parts;
    this.#learn = learn;
  }

  /** Does what is next about a group; never rejects. @param now epoch milliseconds */
  async perform(task: Task, now: number): Promise<ProposalOutcome> {
    try {
      const forge = await this.#parts.open(this.#settings);
      if (task.step.kind === 'close' && task.open) return await this.#close(task, task.open, forge);
      if (task.step.kind === 'refresh' && task.open) {
        const { commit, builtAt } = task.step.marker;
        return await this.#tell(task, task.open, { commit, builtAt, now }, forge);
      }
      if (task.open) {
        const waiting = await this.#reviewed(task.open, forge);
        if (waiting) return { ...untold(this, task), step: 'wait', waiting };
      }
      return await this.#build(task, now, forge);
    } catch (thrown) {
      return { ...untold(this, task), error: asProductError(thrown) };
    }
  }

  /** Why an open one is left as it is; null: it may get another commit. */
  async #reviewed({ number }: PullRequest, forge: Forge): Promise<Waiting | null> {
    const review = await forge.review(number);
    if (review.state !== 'open') return { reason: 'Ended', message: `it was ${review.state} meanwhile` };
    if (review.isQueued) return { reason: 'Queued', message: 'it is in the merge queue' };
    if (review.isAutoMergeArmed) return { reason: 'AutoMergeArmed', message: 'it is to be merged by itself' };
    const isApproved = review.decision === 'approved' || (review.decision === null && review.approvals.length > 0);
    return isApproved
      ? { reason: 'Approved', message: 'it is approved as it is: what came since waits for its merge' }
      : null;
  }

  async #build(task: Task, now: number, forge: Forge): Promise<ProposalOutcome> {
    const { repository } = this.branch;
    if (!repository) throw new Error(`${this.branch.settings.url} was not read`);
    if (repository.tip === null)
      throw mustAct(
        'BaseMissing',
        `${this.branch.settings.branch} has no commit yet that a pull request could go to; push a first one`,
      );
    const before = repository.proposed.get(task.head) ?? null;
    if (before !== null && !(await repository.isOwn(task.head))) throw this.#taken(task);
    const { files, message } = await composeGroup(this.branch, task.dsos, repository, this.#parts.templates);
    const commit = await repository.propose({ branch: task.head, before, files, message, time: now });
    if (task.open) return this.#tell(task, task.open, { commit, builtAt: now, now }, forge);
    const { title, body } = this.#render(task, { commit, builtAt: now, now });
    const { labels, reviewers } = this.#settings;
    const request = {
      head: task.head,
      base: this.branch.settings.branch,
      title,
      body,
      labels,
      reviewers,
      isDraft: false,
    };
    const { pull, isNew, warnings } = await forge.create(request);
    this.#learn(pull);
    const outcome = { ...untold(this, task), pull, warnings: [...warnings, ...(await this.#arm(pull, forge))] };
    return isNew
      ? outcome
      : { ...(await this.#tell(task, pull, { commit, builtAt: now, now }, forge)), step: 'create' };
  }

  #taken({ head, open }: Task): ProductError {
    const what = open
      ? `pull request #${open.number} has commits of a person`
      : `branch ${head} has commits of a person`;
    return mustAct('ForeignCommits', `${what}, which are kept: merge or close it, or delete branch ${head}`);
  }

  /** Brings title and body in line. */
  async #tell(task: Task, pull: PullRequest, at: Built, forge: Forge): Promise<ProposalOutcome> {
    const updated = await forge.update(pull.number, this.#render(task, at));
    this.#learn(updated);
    const warnings = updated.isAutoMergeArmed ? [] : await this.#arm(updated, forge);
    return { ...untold(this, task), pull: updated, warnings };
  }

  /** What it says is withdrawn first: a person has not said no to it. */
  async #close(task: Task, pull: PullRequest, forge: Forge): Promise<ProposalOutcome> {
    const { number, body } = pull;
    const keys = new Set(Object.keys(parseMarker(body)?.numbers ?? {}));
    await forge.update(number, { body: withoutKeys(body, keys) });
    const closed = await forge.close(
      number,
      'Nothing is left to change: the branch has these counts already, or they are no longer wanted.',
    );
    this.#learn(closed);
    const tip = this.branch.repository?.proposed.get(task.head) ?? null;
    if (closed.state === 'closed' && tip !== null && tip === parseMarker(body)?.commit) {
      await forge.deleteBranch(task.head, tip);
      this.branch.repository?.forgetProposed(task.head);
    }
    return { ...untold(this, task), pull: closed };
  }

  /** What could not be had is told; the pull request is there all the same. */
  async #arm({ nodeId }: PullRequest, forge: Forge): Promise<readonly string[]> {
    const { autoMerge } = this.#settings;
    if (autoMerge === null) return [];
    try {
      await forge.enableAutoMerge(nodeId, autoMerge);
      return [];
    } catch (thrown) {
      return [asProductError(thrown).message];
    }
  }

  #render({ entries, group }: Task, { commit, builtAt, now }: Built): ReturnType<typeof renderProposal> {
    const { validForMs } = this.#settings;
    const { writtenBy, templates } = this.#parts;
    const proposal: Proposal = {
      base: this.branch.settings.branch,
      group,
      entries,
      commit,
      builtAt,
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
    keys: dsos.map(({ placed }) => placed.dso.key),
    pull: open,
    waiting: step.kind === 'wait' ? { reason: step.reason, message: step.message } : null,
    error: null,
    warnings: [],
  };
}
