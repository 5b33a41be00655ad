import { posix } from 'node:path';
import type { ProductError } from '../errors.ts';

/** Paths that are not ours to write as a tip is: nothing else is remembered, and only as long as it stands. */
export class Refusals {
  #tip: string | null = null;
  #at = new Map<string, ProductError>();
  /** Directories that a refused path is below. */
  #above = new Map<string, ProductError>();

  /** Notes what was refused. @returns whether one of it was not known */
  note(errors: readonly ProductError[], tip: string | null): boolean {
    this.#goTo(tip);
    const fresh = errors.filter(({ path }) => path !== null && !this.#at.has(path));
    for (const error of fresh) {
      if (error.path === null) continue;
      this.#at.set(error.path, error);
      for (const parent of parentsOf(error.path)) this.#above.set(parent, this.#above.get(parent) ?? error);
    }
    return fresh.length > 0;
  }

  /** A commit of ours moved the tip: it changed nothing of all this. */
  follow(tip: string | null): void {
    this.#tip = tip;
  }

  /** Why one of the files cannot be written: it is refused, or one above or below it; null: nothing stands against them. */
  against(files: Iterable<string>, tip: string | null): ProductError | null {
    this.#goTo(tip);
    if (this.#at.size === 0) return null;
    for (const file of files) {
      const places = [file, ...parentsOf(file)];
      const found = places.map((place) => this.#at.get(place)).find((error) => error !== undefined);
      const error = found ?? this.#above.get(file);
      if (error) return error;
    }
    return null;
  }

  #goTo(tip: string | null): void {
    if (tip === this.#tip) return;
    this.#tip = tip;
    this.#at = new Map();
    this.#above = new Map();
  }
}

/** Directories that a path is in, the nearest first. */
function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let parent = posix.dirname(path); parent !== '.' && parent !== '/'; parent = posix.dirname(parent))
    parents.push(parent);
  return parents;
}
