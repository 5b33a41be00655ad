/** One side of the raw demand. */
export interface Side {
  /** Replicas times seconds. */
  readonly replicaSeconds: number;
  /** The most replicas at any time. */
  readonly highest: number;
}

/** How far the total ran from the raw demand, over the time in which the raw demand was known. */
export interface Distance {
  /** Seconds. */
  readonly seconds: number;
  readonly above: Side;
  readonly below: Side;
  /** Replicas between total and raw demand, averaged over time; 0 without any time. */
  readonly meanDifference: number;
}

export const NO_DISTANCE: Distance = {
  seconds: 0,
  above: { replicaSeconds: 0, highest: 0 },
  below: { replicaSeconds: 0, highest: 0 },
  meanDifference: 0,
};

/** The distance after `ms` more, in which total and demand did not change. An unknown demand adds nothing. */
export function addDistance(before: Distance, ms: number, total: number, demand: number | null): Distance {
  if (ms <= 0 || demand === null) return before;
  const above = addSide(before.above, ms, total - demand);
  const below = addSide(before.below, ms, demand - total);
  const seconds = before.seconds + ms / 1000;
  return { seconds, above, below, meanDifference: (above.replicaSeconds + below.replicaSeconds) / seconds };
}

function addSide(side: Side, ms: number, replicas: number): Side {
  if (replicas <= 0) return side;
  return {
    replicaSeconds: side.replicaSeconds + (replicas * ms) / 1000,
    highest: Math.max(side.highest, replicas),
  };
}
