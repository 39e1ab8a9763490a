/** One attempt: a signed POST with limits. Its result is a value, never an error. */
import { configOf } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { isLoopback, refusedHost } from '../../platform/public-hosts.ts';
import { type EndpointRow, secretsOf } from './endpoints.ts';
import { signedHeaders } from './signature.ts';

/** Standard Webhooks advises 15 to 30 s for receivers that work before they answer; ours are told to answer first. */
export const SEND_TIMEOUT_MS = 10_000;

/** `status` is null where nothing answered; `error` is null where the message was accepted. */
export type SendOutcome = { status: number | null; error: string | null };

/** Why webhooks may not be sent to this URL, or null. `loopback` allows a receiver on this machine, for trials. */
export function refusedTarget(text: string, loopback: boolean): string | null {
  const url = URL.parse(text);
  if (url !== null && url.protocol !== 'https:' && !(loopback && isLoopback(url))) {
    return 'only https addresses are called';
  }
  return refusedHost(text, loopback);
}

const loopbackAllowed = (env: object): boolean => configOf(env).WEBHOOK_LOOPBACK === 'on';

/** Throws `webhook_refused`. */
export function throwIfRefused(env: object, url: string): void {
  const reason = refusedTarget(url, loopbackAllowed(env));
  if (reason !== null) {
    throw new AppError('webhook_refused', { detail: `It may not be called: ${reason}` });
  }
}

/** A message of an endpoint's. A redirect counts as a failure: its target was not registered. */
export function send(
  env: object,
  endpoint: EndpointRow,
  message: { id: string } & Record<string, unknown>,
  nowMs: number,
): Promise<SendOutcome> {
  const target = { url: endpoint.url, secrets: secretsOf(endpoint, nowMs), isLoopbackAllowed: loopbackAllowed(env) };
  return postMessage(target, { id: message.id, body: JSON.stringify(message) }, nowMs);
}

export type Target = { url: string; secrets: readonly string[]; isLoopbackAllowed: boolean };

/** Signed with every secret; without one it is not signed. The body of the answer is not read. */
export async function postMessage(
  { url, secrets, isLoopbackAllowed }: Target,
  { id, body }: { id: string; body: string },
  nowMs: number,
): Promise<SendOutcome> {
  const reason = refusedTarget(url, isLoopbackAllowed);
  if (reason !== null) {
    return { status: null, error: `refused: ${reason}` };
  }
  const signed = secrets.length === 0 ? {} : await signedHeaders(secrets, { id, sentAtMs: nowMs, body });
  const deadline = AbortSignal.timeout(SEND_TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'webhook-id': id, ...signed, 'content-type': 'application/json', 'user-agent': 'Sluice-Webhooks/1' },
      body,
      redirect: 'manual',
      signal: deadline,
    });
    await response.body?.cancel();
    return { status: response.status, error: response.ok ? null : `answered ${response.status}` };
  } catch {
    // The error's own text may name hosts behind the receiver.
    return { status: null, error: deadline.aborted ? `no answer within ${SEND_TIMEOUT_MS / 1000} s` : 'no connection' };
  }
}
