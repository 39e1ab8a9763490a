/** Crockford's base 32 in lower case: without i, l, o and u, an id can be read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A random id of `length` characters, 5 bits of entropy each. */
export const randomId = (length: number): string => idOf(crypto.getRandomValues(new Uint8Array(length)));

/** An id that follows from a secret and tells nothing of it; at most 64 characters. */
export async function derivedId(secret: string, length: number): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-512', new TextEncoder().encode(secret));
  return idOf(new Uint8Array(digest, 0, length));
}

const idOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => ALPHABET[byte % 32]).join('');
