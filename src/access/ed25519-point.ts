/** Finds Ed25519 keys that anyone can sign for. Pure. */
import { toHex } from '../platform/encodings.ts';
import { canonicalBytes } from './jws.ts';

/**
 * The y of the points of small order, as they are written, without the sign of x (libsodium refuses the same).
 * Such a point takes, of one message in eight up to every one, signatures that were made without a key.
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

/** Of 32 bytes in base64url. */
export function isUsablePoint(text: string): boolean {
  const bytes = canonicalBytes(text);
  return bytes !== null && !SMALL_ORDER.includes(toHex(bytes.map((byte, at) => (at === 31 ? byte % 128 : byte))));
}
