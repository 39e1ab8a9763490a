/** Signatures of Standard Webhooks 1: HMAC-SHA256 of id, timestamp and body, one for each active secret. Pure. */
import { fromBase64, toBase64 } from '../../platform/encodings.ts';

const PREFIX = 'whsec_';
/** The specification asks for 24 to 64 bytes; more than the hash's own length adds no strength. */
const SECRET_BYTES = 32;

export const newSecret = (): string => `${PREFIX}${toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))}`;

async function sign(secret: string, content: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', fromBase64(secret.slice(PREFIX.length)), algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(content));
  return `v1,${toBase64(new Uint8Array(signature))}`;
}

/** `id` must have no dot, which separates the signed parts. */
export async function signedHeaders(
  secrets: readonly string[],
  message: { id: string; sentAtMs: number; body: string },
): Promise<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(message.sentAtMs / 1000));
  const content = `${message.id}.${timestamp}.${message.body}`;
  const signatures = await Promise.all(secrets.map((secret) => sign(secret, content)));
  return { 'webhook-id': message.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
