import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * A JSON value that is kept for long and rarely looked at, in a tenth of its size: the status of a DSO on twenty members is
 * some ten kilobytes of objects.
 */
export class Packed {
  /** One character for each byte: a buffer of its own would be larger than most of what is in it. */
  readonly #bytes: string;

  /** @param value undefined: nothing */
  constructor(value: unknown) {
    this.#bytes = value === undefined ? '' : deflateRawSync(JSON.stringify(value), { level: 1 }).toString('latin1');
  }

  /** The value, each time as a new one; undefined: nothing. */
  unpack(): unknown {
    return this.#bytes === ''
      ? undefined
      : JSON.parse(inflateRawSync(Buffer.from(this.#bytes, 'latin1')).toString('utf8'));
  }

  /** Whether both were written in the same way. What differs in the order of its keys alone may be the same value. */
  isSameText(other: Packed): boolean {
    return this === other || this.#bytes === other.#bytes;
  }
}
