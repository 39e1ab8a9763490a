/**
 * What an `Idempotency-Key` and the caller's token make together: the id of the call's row, and the key that its answer is
 * encrypted with. Answers may hold secrets that are shown once. D1 has neither token nor key, so it cannot read them.
 */
import { base64url } from 'jose';
import { toHex } from '../platform/encodings.ts';

/** Keeps what is derived here apart from other uses of a token. */
const PURPOSE = 'sluice idempotency ';
const ID_BYTES = 32;
const KEY_BYTES = 32;
/** Random for each answer, as a call that is taken over may seal two. */
const NONCE_BYTES = 12;

export type CallKeys = {
  id: string;
  seal(text: string): Promise<string>;
  /** Throws where it was sealed by other keys. */
  open(sealed: string): Promise<string>;
};

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A token has at least 256 random bits: HKDF (RFC 5869) without salt. */
export async function deriveCallKeys(token: string, idempotencyKey: string): Promise<CallKeys> {
  const master = await crypto.subtle.importKey('raw', bytesOf(token), 'HKDF', false, ['deriveBits']);
  const info = bytesOf(PURPOSE + idempotencyKey);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
  const derived = new Uint8Array(await crypto.subtle.deriveBits(derivation, master, 8 * (ID_BYTES + KEY_BYTES)));
  const key = await crypto.subtle.importKey('raw', derived.slice(ID_BYTES), 'AES-GCM', false, ['encrypt', 'decrypt']);
  return {
    id: toHex(derived.slice(0, ID_BYTES)),
    async seal(text) {
      const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytesOf(text));
      return `${base64url.encode(iv)}.${base64url.encode(new Uint8Array(sealed))}`;
    },
    async open(sealed) {
      const [nonce = '', bytes = ''] = sealed.split('.');
      const cipher = { name: 'AES-GCM', iv: base64url.decode(nonce) };
      const opened = await crypto.subtle.decrypt(cipher, key, base64url.decode(bytes));
      return new TextDecoder().decode(opened);
    },
  };
}
