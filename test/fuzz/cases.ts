/**
 * How many cases a property gets, and from which seed: `FUZZ_CASES` and `FUZZ_SEED`, else a thousand and a new seed. A
 * failure prints its seed and the path to the case.
 *
 * @param share of the cases, for what takes long
 */
export function fuzzCases(share = 1): { readonly numRuns: number; readonly seed?: number } {
  const cases = numberOf('FUZZ_CASES') ?? 1000;
  const seed = numberOf('FUZZ_SEED');
  return { numRuns: Math.max(1, Math.round(cases * share)), ...(seed === null ? {} : { seed }) };
}

function numberOf(variable: string): number | null {
  const text = process.env[variable];
  if (text === undefined || text === '') return null;
  const value = Number(text);
  if (!Number.isInteger(value)) throw new Error(`${variable} should be a whole number; found ${text}`);
  return value;
}
