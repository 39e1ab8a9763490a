/** Finds public keys that anyone can sign for. Pure. */
import { toHex } from '../platform/encodings.ts';
import { canonicalBytes } from './jws.ts';

/** NIST SP 800-131A sets the lower bound. Above 4,096 bits a signature check costs too much CPU. */
export const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 4096;

/** The primes up to 701. Every key of RSA_BITS_MIN or more that has the ROCA weakness is made from all of them. */
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
 * A library of smart cards and TPMs made keys that can be factored (ROCA, CVE-2017-15361). Both primes of such a key,
 * hence their product, are powers of 65537 modulo all small primes. Of other keys, one in 10^50 is.
 */
const isRoca = (remainders: readonly number[]): boolean =>
  remainders.every((remainder, index) => powersOf65537(SMALL_PRIMES[index] ?? 1).has(remainder));

/** Why an RSA modulus in base64url is refused, or null. */
export function refusedModulus(text: string): string | null {
  const bytes = canonicalBytes(text);
  if (bytes === null) {
    return 'is not in base64url';
  }
  const [first = 0] = bytes;
  // A leading zero byte is not allowed (RFC 7518 6.3.1.1) and would make a small key look large.
  const bits = first === 0 ? 0 : bytes.length * 8 - (Math.clz32(first) - 24);
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

/**
 * The Ed25519 points of small order: y as it is encoded, without the sign of x. libsodium refuses the same points. They
 * accept signatures that were made without a key, for one message in eight up to every message.
 */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

/** `text` is 32 bytes in base64url. */
export function isUsablePoint(text: string): boolean {
  const bytes = canonicalBytes(text);
  return bytes !== null && !SMALL_ORDER.includes(toHex(bytes.map((byte, at) => (at === 31 ? byte % 128 : byte))));
}
