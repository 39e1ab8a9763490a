/** Key pairs and hand-made tokens for tests: jose refuses to sign most of what an attacker would send. */
import { base64url, CompactSign, importJWK } from 'jose';
import {
  generateSigningKey,
  type KeySet,
  type LinkAlgorithm,
  type VerificationKey,
} from '../../../src/access/signing-keys.ts';

export type KeyPair = { key: VerificationKey; privateJwk: Record<string, unknown> };

export const newKeyPair = (alg: LinkAlgorithm): Promise<KeyPair> => generateSigningKey(alg, new Date(0));

export const keySet = (...pairs: KeyPair[]): KeySet => new Map(pairs.map(({ key }) => [key.kid, key]));

/** A token with any payload and header members. */
export async function signed(pair: KeyPair, payload: unknown, header: Record<string, unknown> = {}): Promise<string> {
  const bytes = new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return new CompactSign(bytes)
    .setProtectedHeader({ alg: pair.key.alg, kid: pair.key.kid, ...header })
    .sign(await importJWK(pair.privateJwk, pair.key.alg));
}

export const encode = (value: unknown): string => base64url.encode(JSON.stringify(value));

/** A token with any header at all, signed with HMAC-SHA-256 or not signed. */
export async function forged(header: unknown, payload: unknown, secret?: Uint8Array): Promise<string> {
  const input = `${encode(header)}.${encode(payload)}`;
  if (secret === undefined) {
    return `${input}.`;
  }
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(input));
  return `${input}.${base64url.encode(new Uint8Array(signature))}`;
}

/** The order of P-256 (FIPS 186-5). */
const P256_ORDER = 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n;

/** The other signature of an ES256 token that anyone can write: (r, n − s) for (r, s). */
export function mirrored(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  const bytes = base64url.decode(token.slice(at));
  const s = bytes.slice(32).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const hex = (P256_ORDER - s).toString(16).padStart(64, '0');
  bytes.set(
    Uint8Array.from({ length: 32 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16)),
    32,
  );
  return token.slice(0, at) + base64url.encode(bytes);
}
