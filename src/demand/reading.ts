/** One trigger's value at one time, or the reason why there is none. */
export type Reading = ValueReading | MissingReading;

/** A value that the trigger's source gave. */
export interface ValueReading {
  readonly kind: 'value';
  /** In the trigger's own unit; finite and >= 0. */
  readonly value: number;
}

/** No value; it never lowers a total. */
export interface MissingReading {
  readonly kind: 'missing';
  /** CamelCase and stable, for instance `KeyMissing`. */
  readonly reason: string;
  /** One sentence: what is missing, where, and what was found. A Secret's text is never in it. */
  readonly message: string;
}
