import type { Destination } from '../config/load.ts';
import { asProductError, ProductError } from '../errors.ts';
import type { Repository } from './repository.ts';

/** Opens a repository; `isRenewed`: what is cached of it is damaged and thrown away first. */
export type OpenRepository = (destination: Destination, isRenewed: boolean) => Promise<Repository>;

/** The repositories of the destinations, and which of them cannot be reached now. */
export class Connections {
  readonly #open: OpenRepository;
  readonly #repositories = new Map<string, Repository>();
  readonly #errors = new Map<string, ProductError>();
  #hasMoved = false;

  constructor(open: OpenRepository) {
    this.#open = open;
  }

  /** Why destinations cannot be reached, by id. */
  get errors(): ReadonlyMap<string, ProductError> {
    return this.#errors;
  }

  /** Repositories that can be reached, by destination id. */
  get reachable(): ReadonlyMap<string, Repository> {
    return new Map([...this.#repositories].filter(([id]) => !this.#errors.has(id)));
  }

  /** The repository of a destination; undefined: it was never reached. */
  get(destinationId: string): Repository | undefined {
    return this.#repositories.get(destinationId);
  }

  /** Whether a tip moved, or what can be reached changed, since this was asked last. */
  takeMoved(): boolean {
    const hasMoved = this.#hasMoved;
    this.#hasMoved = false;
    return hasMoved;
  }

  /** Learns the tips; one that fails is noted and does not stop the others. */
  async refresh(destinations: readonly Destination[]): Promise<void> {
    await Promise.all(
      destinations.map(async (destination) => {
        const before = this.#standing(destination);
        try {
          await this.#refreshOne(destination);
          this.#errors.delete(destination.id);
        } catch (error) {
          this.#errors.set(destination.id, asProductError(error));
        }
        if (this.#standing(destination) !== before) this.#hasMoved = true;
      }),
    );
  }

  /** Notes that a destination cannot be read. */
  note(destinationId: string, error: unknown): void {
    this.#errors.set(destinationId, asProductError(error));
  }

  /** Makes mirrors again that are damaged; they are only caches. */
  async renew(destinations: readonly Destination[]): Promise<void> {
    for (const destination of destinations) {
      this.#repositories.delete(destination.id);
      try {
        this.#repositories.set(destination.id, await this.#open(destination, true));
      } catch (error) {
        this.#errors.set(destination.id, asProductError(error));
      }
    }
    await this.refresh(destinations);
  }

  #standing({ id }: Destination): string | null {
    return this.#errors.get(id)?.message ?? this.#repositories.get(id)?.tip ?? null;
  }

  async #refreshOne(destination: Destination): Promise<void> {
    try {
      const repository = this.#repositories.get(destination.id) ?? (await this.#open(destination, false));
      await repository.refresh();
      this.#repositories.set(destination.id, repository);
    } catch (error) {
      if (!(error instanceof ProductError) || error.reason !== 'MirrorDamaged') throw error;
      // Not the remote: the mirror itself is damaged, and it is only a cache.
      const renewed = await this.#open(destination, true);
      await renewed.refresh();
      this.#repositories.set(destination.id, renewed);
    }
  }
}
