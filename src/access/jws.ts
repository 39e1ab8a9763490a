/** What link and session tokens have in common as texts in base64url. Pure. */
import { base64url } from 'jose';

/**
 * Null where this is not how the bytes are written. The last character has bits that no byte needs: without the
 * comparison, one token has several spellings (RFC 4648 3.5).
 */
export function canonicalBytes(text: string): Uint8Array | null {
  try {
    const bytes = base64url.decode(text);
    return base64url.encode(bytes) === text ? bytes : null;
  } catch {
    // Of lengths that no bytes have, as where a part of the token was cut off.
    return null;
  }
}

export const isCanonicalSignature = (token: string): boolean =>
  canonicalBytes(token.slice(token.lastIndexOf('.') + 1)) !== null;
