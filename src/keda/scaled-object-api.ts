import type { ScaledObjectContent } from '../api/keda.ts';
import type { StoredDso } from '../sources/hub.ts';

/** A ScaledObject as it was written. */
export interface WrittenScaledObject {
  readonly uid: string;
  readonly generation: number;
}

/** Where the ScaledObjects of DSOs are written. */
export interface ScaledObjectApi {
  /** Writes a total through the subresource scale. @returns a version at which the DSO has it. @throws ProductError */
  scale(dso: StoredDso, total: number): Promise<string>;
  /** Makes the one of a DSO. @param seeded version of the DSO at which it has the total. @throws ProductError */
  create(dso: StoredDso, content: ScaledObjectContent, seeded: string): Promise<WrittenScaledObject>;
  /** Makes it what it has to be. @throws ProductError also where it is another object by now */
  replace(
    dso: StoredDso,
    uid: string,
    content: ScaledObjectContent,
    seeded: string | undefined,
  ): Promise<WrittenScaledObject>;
  /** Deletes it. @throws ProductError also where it is another object by now */
  remove(dso: StoredDso, uid: string): Promise<void>;
}
