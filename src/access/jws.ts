/** What link and session tokens share: one spelling in base64url, and signatures of JWTs. */
import { base64url, compactVerify, errors, type importJWK } from 'jose';

/** Null unless `text` is the one canonical spelling: the last character has unused bits (RFC 4648 3.5). */
export function canonicalBytes(text: string): Uint8Array | null {
  try {
    const bytes = base64url.decode(text);
    return base64url.encode(bytes) === text ? bytes : null;
  } catch {
    // Bytes never have this length in base64url: a part of the token was cut off.
    return null;
  }
}

export type VerifyingKey = Awaited<ReturnType<typeof importJWK>>;

/** Null where the key did not make the signature, or the signature has another spelling. Throws what jose throws. */
export async function verifiedPayload(token: string, key: VerifyingKey, algorithm: string): Promise<Uint8Array | null> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
    return canonicalBytes(token.slice(token.lastIndexOf('.') + 1)) === null ? null : payload;
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      return null;
    }
    throw error;
  }
}
