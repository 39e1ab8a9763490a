/** What link and session tokens have in common as signed texts. Pure. */
import { base64url } from 'jose';

/** The last character has bits that no byte needs: without this, one signature has several spellings (RFC 4648 3.5). */
export function isCanonicalSignature(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  return base64url.encode(base64url.decode(signature)) === signature;
}
