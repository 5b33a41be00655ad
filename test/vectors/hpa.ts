import { z } from 'zod';
import { skip } from './fields.ts';
import { RUNNERS, reasonToLeaveOut } from './kinds.ts';
import type { VectorResult } from './result.ts';

const HpaVector = z.object({
  kind: z.string(),
  input: z.unknown(),
  expected: z.record(z.string(), z.unknown()),
});

const TriggerMetadata = z.object({ type: z.string() });

/** The only trigger type whose metadata the product reads. */
const KNOWN_TYPE = 'kubernetes-resource';

/** Runs one vector of the form of hpa.json with the functions that the product itself uses. */
export function runHpaVector(vector: unknown): VectorResult {
  const { kind, input, expected } = HpaVector.parse(vector);
  const reason = reasonToLeaveOut(kind);
  if (reason !== null) return skip(reason);
  if (kind === 'kedaTriggerMetadata') {
    const { type } = TriggerMetadata.parse(input);
    if (type !== KNOWN_TYPE) return skip(`trigger type ${type} comes later`);
  }
  const run = RUNNERS.get(kind);
  if (!run) return { outcome: 'failed', detail: `no runner for kind ${kind} yet` };
  return run({ input, expected });
}
