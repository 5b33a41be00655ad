import type { World } from '../scenarios/world.ts';

/** A prime: no total comes twice before so many values. */
const TOTALS = 1_000_003;
const STEP = 7919;
const PER_REPLICA = 5;

/** Up and down at once, whatever the distance: every value is a decision. */
const AT_ONCE = {
  scaleUp: { policies: [{ type: 'Pods', value: 2_147_483_647, periodSeconds: 1 }] },
  scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 1 }] },
};

/** Values of one DSO, none of which comes to the total of another: a decision tells which value it is of. */
export class Stream {
  readonly name: string;
  readonly namespace: string;
  readonly #world: World;
  /** When each value was written, epoch milliseconds. */
  readonly #written: number[] = [];
  readonly #indices = new Map<number, number>();

  constructor(world: World, name: string, namespace: string, members: Readonly<Record<string, number>>) {
    this.#world = world;
    this.name = name;
    this.namespace = namespace;
    world.dso({ name, namespace, members, max: 2 * TOTALS, behavior: AT_ONCE });
    this.next();
  }

  /** Writes the next value. */
  next(): void {
    const index = this.#written.length;
    this.#indices.set(totalAt(index), index);
    this.#written.push(Date.now());
    this.#world.metric(this.name, totalAt(index) * PER_REPLICA, this.namespace);
  }

  /** What the last value comes to. */
  get total(): number {
    return totalAt(this.#written.length - 1);
  }

  /** Position of the value that comes to a total; undefined: no value does. */
  indexOf(total: number): number | undefined {
    return this.#indices.get(total);
  }

  /** When a value was written, epoch milliseconds. */
  timeOf(index: number): number {
    return this.#written[index] ?? Number.NaN;
  }
}

function totalAt(index: number): number {
  return 1 + ((index * STEP) % TOTALS);
}
