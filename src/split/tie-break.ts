const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/**
 * The number (0..2^32-1) that orders members whose seats are otherwise equal; the lower one goes first.
 *
 * It is fmix32 (MurmurHash3's finalizer) of FNV-1a-32 over the UTF-8 bytes of `name + "\n" + key`. The finalizer is
 * there because FNV hardly mixes its last bytes: compared raw, one of three equal members got a tenth too many.
 */
export function tieBreak(name: string, key: string): number {
  return fmix32(fnv1a(key, fnv1a('\n', fnv1a(name, fnvOffset))));
}

function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return fnv1aBytes(new TextEncoder().encode(text), seed);
    hash = Math.imul(hash ^ unit, fnvPrime);
  }
  return hash;
}

function fnv1aBytes(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, fnvPrime);
  return hash;
}

function fmix32(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
