/** A ConfigMap or Secret of the hub, or the subresource scale of a DSO: what triggers read. */
export interface HubObject {
  readonly kind: 'ConfigMap' | 'Secret' | 'Scale';
  readonly namespace: string;
  readonly name: string;
  /** Decoded text by key. */
  readonly data: ReadonlyMap<string, HubValue>;
  /** Keys whose value whoever runs the command gave; absent: none. */
  readonly given?: ReadonlySet<string>;
}

/** One decoded value, or why it cannot be decoded; a Secret's text is never in `problem`. */
export type HubValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'invalid'; readonly problem: string };

/** Why an object cannot be observed now; what was seen of it last may be old. */
export interface ObservationProblem {
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** The source said no: what was seen before counts no longer. Else it counts for a while. */
  readonly isRefused: boolean;
}

/** What is known of an object. */
export interface Observation {
  /** null: it is not there. */
  readonly object: HubObject | null;
  /** null: it is observed. */
  readonly problem: ObservationProblem | null;
}

/** Observes the object that a trigger names. */
export type ObjectLookup = (kind: HubObject['kind'], namespace: string, name: string) => Observation;
