const INT64_MAX = 2n ** 63n - 1n;
const MANTISSA_BITS = 52n;

/**
 * A value in milli-units, as KEDA hands it to the HPA: rounded like Go's `%.3f`, half to even on the exact binary value
 * (KEDA pkg/scalers/scaler.go GenerateMetricInMili), capped at int64.
 *
 * @param value finite and >= 0; what is not is a missing reading and never gets here
 */
export function toMilli(value: number): bigint {
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`expected a finite value >= 0, found ${value}`);
  const exact = Number.isInteger(value) && value <= Number.MAX_SAFE_INTEGER / 1000;
  const milli = exact ? BigInt(value * 1000) : roundMilli(value);
  return milli > INT64_MAX ? INT64_MAX : milli;
}

/** The sum of milli values, capped at int64 as in the HPA's GetExternalMetricReplicas. */
export function sumMilli(values: readonly bigint[]): bigint {
  let sum = 0n;
  for (const value of values) {
    sum += value;
    if (sum > INT64_MAX) return INT64_MAX;
  }
  return sum;
}

function roundMilli(value: number): bigint {
  const { mantissa, exponent } = decompose(value);
  const scaled = mantissa * 1000n;
  if (exponent >= 0n) return scaled << exponent;
  const divisor = 1n << -exponent;
  const quotient = scaled / divisor;
  const twice = (scaled % divisor) * 2n;
  const isUp = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  return isUp ? quotient + 1n : quotient;
}

function decompose(value: number): { mantissa: bigint; exponent: bigint } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = (bits >> MANTISSA_BITS) & 0x7ffn;
  const fraction = bits & ((1n << MANTISSA_BITS) - 1n);
  if (biased === 0n) return { mantissa: fraction, exponent: -1074n };
  return { mantissa: fraction | (1n << MANTISSA_BITS), exponent: biased - 1075n };
}
