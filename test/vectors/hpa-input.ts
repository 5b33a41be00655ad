import { z } from 'zod';
import type { AgedEvent } from '../../src/demand/limits.ts';
import { DEFAULT_TOLERANCE } from '../../src/demand/metric.ts';
import type { AgedRecommendation } from '../../src/demand/stabilize.ts';

/** Rules of one direction as a user writes them. */
export const Rules = z.object({
  policies: z
    .array(z.object({ type: z.enum(['Pods', 'Percent']), value: z.number(), periodSeconds: z.number() }))
    .nullish(),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']).nullish(),
  stabilizationWindowSeconds: z.number().nullish(),
  tolerance: z.number().nullish(),
});

/** `behavior` as a user writes it. */
export const BehaviorInput = z.object({ scaleUp: Rules.nullish(), scaleDown: Rules.nullish() });

/** The global tolerance; 10 % when it is not given. */
export const ToleranceInput = z
  .object({ up: z.number(), down: z.number() })
  .nullish()
  .transform((tolerance) => tolerance ?? DEFAULT_TOLERANCE);

/** Scale events of one direction with their ages. */
export const Events = z
  .array(z.object({ change: z.number(), ageSeconds: z.number() }))
  .nullish()
  .transform((events): readonly AgedEvent[] =>
    (events ?? []).map(({ change, ageSeconds }) => ({ change, ageMs: ageSeconds * 1000 })),
  );

/** Earlier recommendations with their ages. */
export const Recommendations = z
  .array(z.object({ replicas: z.number(), ageSeconds: z.number() }))
  .transform((recommendations): readonly AgedRecommendation[] =>
    recommendations.map(({ replicas, ageSeconds }) => ({ replicas, ageMs: ageSeconds * 1000 })),
  );
