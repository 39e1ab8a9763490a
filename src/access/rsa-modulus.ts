/** Finds RSA moduli that are known to be easy to factor. Pure. */
import { canonicalBytes } from './jws.ts';

/** NIST SP 800-131A sets the lower bound; above 4,096 bits a signature check costs too much CPU. */
export const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 4096;

/** Up to 701: the primes that go into every key of RSA_BITS_MIN or more that has the weakness below. */
const SMALL_PRIMES: number[] = [];
for (let candidate = 3; candidate <= 701; candidate += 2) {
  if (SMALL_PRIMES.every((prime) => candidate % prime !== 0)) {
    SMALL_PRIMES.push(candidate);
  }
}

function powersOf65537(prime: number): Set<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) {
    powers.add(power);
  }
  return powers;
}

/**
 * Made by a library of smart cards and TPMs whose keys can be factored (ROCA, CVE-2017-15361): each of its primes is a power
 * of 65537 modulo all of these, hence their product as well. Of other keys, one in 10^50 is.
 */
const isRoca = (remainders: readonly number[]): boolean =>
  remainders.every((remainder, index) => powersOf65537(SMALL_PRIMES[index] ?? 1).has(remainder));

function bitsOf(bytes: Uint8Array): number {
  const [first = 0] = bytes;
  // A leading zero byte is not allowed (RFC 7518 6.3.1.1) and would make a small key look large.
  return first === 0 ? 0 : bytes.length * 8 - (Math.clz32(first) - 24);
}

/** Why a modulus in base64url is refused, or null. */
export function refusedModulus(text: string): string | null {
  const bytes = canonicalBytes(text);
  if (bytes === null) {
    return 'is not in base64url';
  }
  const bits = bitsOf(bytes);
  if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
    return `must have ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits`;
  }
  const modulus = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const remainders = SMALL_PRIMES.map((prime) => Number(modulus % BigInt(prime)));
  if (modulus % 2n === 0n || remainders.includes(0)) {
    return 'has a small factor';
  }
  return isRoca(remainders) ? 'can be factored (CVE-2017-15361)' : null;
}
