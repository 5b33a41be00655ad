import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../bench/run-git.ts';
import type { BareRepository } from '../repository/bare-repository.ts';

const IDENTITY = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
/** A person gives up some day; here that is a failure. */
const MAX_PUSHES = 100;

/** A person with a clone, who commits a file, rebases on what others pushed meanwhile, and pushes. */
export class Human {
  readonly #clone: string;
  readonly #commits: string[] = [];
  #pushes = 0;

  private constructor(clone: string) {
    this.#clone = clone;
  }

  static async with(repository: BareRepository, clone: string): Promise<Human> {
    await run('/', ['clone', '--quiet', repository.directory, clone]);
    return new Human(clone);
  }

  /** Commits as they were pushed. */
  get commits(): readonly string[] {
    return this.#commits;
  }

  /** Pushes, those that came too late included. */
  get pushes(): number {
    return this.#pushes;
  }

  pathOf(number: number): string {
    return `docs-${number}.md`;
  }

  /** Commits and pushes until told to stop. @param pauseMs between two commits */
  async work(pauseMs: () => number, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#commit();
      await sleep(pauseMs());
    }
  }

  async #commit(): Promise<void> {
    const path = this.pathOf(this.#commits.length);
    await writeFile(join(this.#clone, path), `${path}\n`);
    await this.#git('add', path);
    await this.#git('commit', '--quiet', '-m', `write ${path}`);
    for (let attempt = 1; ; attempt += 1) {
      await this.#git('pull', '--quiet', '--rebase');
      this.#pushes += 1;
      try {
        await this.#git('push', '--quiet', 'origin', 'HEAD:main');
        break;
      } catch (error) {
        if (attempt === MAX_PUSHES || !/rejected|cannot lock ref|failed to push/.test(String(error))) throw error;
      }
    }
    this.#commits.push((await this.#git('rev-parse', 'HEAD')).trim());
  }

  #git(...args: readonly string[]): Promise<string> {
    return run(this.#clone, [...IDENTITY, ...args]);
  }
}
