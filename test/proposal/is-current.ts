import { digestOf, parseMarker } from '../../src/proposal/marker.ts';
import type { Proposal } from '../../src/proposal/proposal.ts';

/** Whether a body says what is proposed: of the same group, on the same commit, with the same digest, and not past its time. */
export function isCurrent(body: string | null, proposal: Proposal): boolean {
  const marker = parseMarker(body);
  if (!marker || marker.group !== proposal.group || marker.validUntil <= proposal.renderedAt) return false;
  return marker.commit === proposal.commit && marker.digest === digestOf(proposal);
}
