/** Random identifiers. */

/** Crockford's base 32, lower case: no i, l, o, u, so an id survives being read out. 5 bits a character. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A random id of `length` characters, 5 bits of entropy each. */
export function randomId(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => ALPHABET[byte % 32]).join('');
}
