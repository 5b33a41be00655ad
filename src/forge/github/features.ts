import * as z from 'zod';
import type { GitHubClient } from './client.ts';
import { read } from './read.ts';
import { isEnterpriseServer } from './settings.ts';

const QUERY = `query {
  pull: __type(name: "PullRequest") { fields { name } }
  mutation: __type(name: "Mutation") { fields { name } }
}`;

const Type = z.object({ fields: z.array(z.object({ name: z.string() })) });
const Body = z.object({ pull: Type, mutation: Type });

/** What a host's GraphQL offers: versions of GitHub Enterprise Server lack fields and mutations of github.com. */
export interface Features {
  readonly hasPullField: (name: string) => boolean;
  readonly hasMutation: (name: string) => boolean;
}

const EVERYTHING: Features = { hasPullField: () => true, hasMutation: () => true };

/** Asked once of a server; github.com has all. */
export class FeatureQuestion {
  readonly #client: GitHubClient;
  #features: Features | null;

  constructor(client: GitHubClient) {
    this.#client = client;
    this.#features = isEnterpriseServer(client.apiUrl) ? null : EVERYTHING;
  }

  async features(target: string): Promise<Features> {
    if (this.#features) return this.#features;
    const doing = 'ask what this GitHub Enterprise Server offers';
    const { pull, mutation } = read(Body, await this.#client.graphql(QUERY, {}, target, doing), doing);
    const fields = new Set(pull.fields.map(({ name }) => name));
    const mutations = new Set(mutation.fields.map(({ name }) => name));
    this.#features = { hasPullField: (name) => fields.has(name), hasMutation: (name) => mutations.has(name) };
    return this.#features;
  }
}
