import type * as z from 'zod';
import { ProductError } from '../../errors.ts';

/** Reads an answer by its schema. @throws ProductError kind `later`: a proxy or an outage answers like that */
export function read<Schema extends z.ZodType>(schema: Schema, data: unknown, doing: string): z.output<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  throw new ProductError(
    'later',
    'AnswerUnreadable',
    `cannot ${doing}: the answer is none of GitHub's: ${problems.join('; ')}; check the URL of the API, and whether a proxy answers for it`,
  );
}
