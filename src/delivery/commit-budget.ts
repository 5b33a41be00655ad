/** What is done with a change under a limit for each commit. */
export type Fit = 'fits' | 'later' | 'never';

/** What the next commit of every destination may still move. */
export class CommitBudget {
  readonly #moved = new Map<string, number>();

  /**
   * Takes a change into the next commit where it fits.
   *
   * @param replicas what it moves, up and down together
   * @param limit of the destination; null: none
   * @returns `never`: it does not even fit alone
   */
  take(destinationId: string, replicas: number, limit: number | null): Fit {
    if (limit === null) return 'fits';
    if (replicas > limit) return 'never';
    const moved = (this.#moved.get(destinationId) ?? 0) + replicas;
    if (moved > limit) return 'later';
    this.#moved.set(destinationId, moved);
    return 'fits';
  }
}
