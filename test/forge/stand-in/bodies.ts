import type { Description } from './description.ts';
import type { JsonObject } from './schemas.ts';
import type { HeldPull, HeldRepository } from './world.ts';

/** In whole seconds, as GitHub tells it. */
export function timeText(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Answers in the form of the description: its smallest object with what the stand-in knows on top. */
export class Bodies {
  readonly #description: Description;
  readonly #webUrl: string;

  constructor(description: Description, webUrl: string) {
    this.#description = description;
    this.#webUrl = webUrl;
  }

  user(login: string): JsonObject {
    return this.#description.sample('simple-user', {
      login,
      id: idOf(login),
      type: login.endsWith('[bot]') ? 'Bot' : 'User',
    });
  }

  publicUser(login: string): JsonObject {
    return this.#description.sample('public-user', { ...this.user(login), name: null });
  }

  repository(held: HeldRepository): JsonObject {
    return this.#description.sample('repository', this.#shared(held));
  }

  fullRepository(held: HeldRepository, canPush: boolean): JsonObject {
    const { allowsAutoMerge, methods } = held.flags;
    // As GitHub does: settings are told to those who may push.
    const settings = {
      allow_auto_merge: allowsAutoMerge,
      allow_merge_commit: methods.includes('merge'),
      allow_squash_merge: methods.includes('squash'),
      allow_rebase_merge: methods.includes('rebase'),
    };
    const permissions = { admin: false, maintain: false, push: canPush, triage: canPush, pull: true };
    const more = canPush ? settings : {};
    return this.#description.sample('full-repository', { ...this.#shared(held), permissions, ...more });
  }

  /** @param schema `pull-request`, or `pull-request-simple` of lists */
  pull(held: HeldRepository, pull: HeldPull, schema: string): JsonObject {
    const time = (at: number | null): string | null => (at === null ? null : timeText(at));
    const isMerged = pull.state === 'merged';
    const link = (): JsonObject => ({ href: this.#webUrl });
    const links = ['comments', 'commits', 'statuses', 'html', 'issue', 'review_comments', 'review_comment', 'self'];
    const isHere = pull.headOwner === held.owner;
    const repository = this.repository(held);
    return this.#description.sample(schema, {
      number: pull.number,
      node_id: `PR_${held.id}_${pull.number}`,
      html_url: `${this.#webUrl}/${held.fullName}/pull/${pull.number}`,
      state: pull.state === 'open' ? 'open' : 'closed',
      title: pull.title,
      body: pull.body === '' ? null : pull.body,
      draft: pull.isDraft,
      user: this.user(pull.author),
      labels: pull.labels.map((name) => this.label(name)),
      auto_merge: pull.autoMerge && {
        enabled_by: this.user(pull.author),
        merge_method: pull.autoMerge,
        commit_title: pull.title,
        commit_message: '',
      },
      head: {
        label: `${pull.headOwner}:${pull.head}`,
        ref: pull.head,
        sha: pull.headOid,
        user: this.user(pull.headOwner),
        repo: isHere ? repository : { ...repository, full_name: `${pull.headOwner}/${held.name}` },
      },
      base: {
        label: `${held.owner}:${pull.base}`,
        ref: pull.base,
        sha: held.tips.get(`refs/heads/${pull.base}`) ?? pull.headOid,
        user: this.user(held.owner),
        repo: repository,
      },
      _links: Object.fromEntries(links.map((name) => [name, link()])),
      merge_commit_sha: pull.mergeOid,
      created_at: time(pull.createdAt),
      updated_at: time(pull.updatedAt),
      closed_at: time(pull.closedAt),
      merged_at: isMerged ? time(pull.closedAt) : null,
      ...(schema === 'pull-request' ? { merged: isMerged, mergeable_state: 'unknown' } : {}),
    });
  }

  label(name: string): JsonObject {
    return this.#description.sample('label', { name, color: 'ededed', description: '', url: this.#webUrl });
  }

  comment(login: string, body: string, time: string): JsonObject {
    return this.#description.sample('issue-comment', {
      user: this.user(login),
      body,
      created_at: time,
      updated_at: time,
    });
  }

  status(login: string, given: JsonObject): JsonObject {
    return this.#description.sample('status', { ...given, creator: this.user(login) });
  }

  ref(name: string, oid: string): JsonObject {
    return this.#description.sample('git-ref', { ref: name, object: { type: 'commit', sha: oid, url: this.#webUrl } });
  }

  installation(id: number): JsonObject {
    return this.#description.sample('installation', { id });
  }

  installationToken(token: string, end: string): JsonObject {
    return this.#description.sample('installation-token', { token, expires_at: end });
  }

  app(slug: string): JsonObject {
    return this.#description.sample('integration', { slug, name: slug });
  }

  #shared(held: HeldRepository): JsonObject {
    return {
      id: held.id,
      node_id: `R_${held.id}`,
      name: held.name,
      full_name: held.fullName,
      owner: this.user(held.owner),
      default_branch: 'main',
      archived: held.flags.isArchived,
      html_url: `${this.#webUrl}/${held.fullName}`,
    };
  }
}

function idOf(login: string): number {
  return 1000 + Buffer.from(login).reduce((sum, byte) => (sum * 31 + byte) % 1_000_000, 7);
}
