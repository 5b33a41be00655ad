/** A ConfigMap or Secret of the hub: what triggers read. */
export interface HubObject {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly namespace: string;
  readonly name: string;
  /** Decoded text by key. */
  readonly data: ReadonlyMap<string, HubValue>;
}

/** One decoded value, or why it cannot be decoded; a Secret's text is never in `problem`. */
export type HubValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'invalid'; readonly problem: string };

/** Gives the object that a trigger names; null: it is not there. */
export type ObjectLookup = (kind: 'ConfigMap' | 'Secret', namespace: string, name: string) => HubObject | null;
