import type { BareRepository } from '../repository/bare-repository.ts';
import { recordOf } from '../scenarios/world.ts';
import type { Stream } from './stream.ts';
import type { Writer } from './writer.ts';

/** Waits until what the last values demand is committed. */
export async function settled(
  writer: Writer,
  streams: readonly Stream[],
  repository: BareRepository,
  root = 'scaling',
): Promise<void> {
  for (const { name, namespace, total } of streams) {
    const isThere = (): boolean => recordOf(repository, name, namespace, root)?.total.after === total;
    await writer.until(`${total} for ${namespace}/${name}`, isThere, 300_000);
  }
}
