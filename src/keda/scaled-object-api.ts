import type { StoredDso } from '../sources/hub.ts';

/** A ScaledObject as it was written. */
export interface WrittenScaledObject {
  readonly uid: string;
  readonly generation: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A ScaledObject as it is to be. */
export interface WantedScaledObject {
  readonly spec: object;
  /** All of them. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Where the ScaledObjects of DSOs are written. */
export interface ScaledObjectApi {
  /** Writes a total through the subresource scale. @returns a version at which the DSO has it. @throws ProductError */
  scale(dso: StoredDso, total: number): Promise<string>;
  /** Makes the one of a DSO. @throws ProductError */
  create(dso: StoredDso, wanted: WantedScaledObject): Promise<WrittenScaledObject>;
  /** Makes it what it has to be. @throws ProductError also where it is another object by now */
  replace(dso: StoredDso, uid: string, wanted: WantedScaledObject): Promise<WrittenScaledObject>;
  /** Deletes it. @throws ProductError also where it is another object by now */
  remove(dso: StoredDso, uid: string): Promise<void>;
}
