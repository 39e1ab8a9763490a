/** One attempt: a signed POST, bounded in every way, and what came of it as a value. */
import type { EventView } from '../resources/event-view.ts';
import { signedHeaders } from './signature.ts';
import { refusedTarget } from './targets.ts';

/** Standard Webhooks advises 15 to 30 s for receivers that do their work first; ours are told to answer, then work. */
export const SEND_TIMEOUT_MS = 10_000;

export type Target = { url: string; secrets: readonly string[]; loopback: boolean };
/** `status` is null where nothing answered; `error` is null where it was taken. */
export type SendOutcome = { status: number | null; error: string | null };

/** What is sent: an event, or the sample of one that `/test` sends. */
export type Message = Pick<EventView, 'id'> & Record<string, unknown>;

/** Never throws. A redirect is a refusal: its target was not registered. What the receiver says is not read. */
export async function send(target: Target, message: Message, nowMs: number): Promise<SendOutcome> {
  const reason = refusedTarget(target.url, target.loopback);
  if (reason !== null) {
    return { status: null, error: `refused: ${reason}` };
  }
  const body = JSON.stringify(message);
  const signed = await signedHeaders(target.secrets, { id: message.id, sentAtMs: nowMs, body });
  const deadline = AbortSignal.timeout(SEND_TIMEOUT_MS);
  try {
    const response = await fetch(target.url, {
      method: 'POST',
      headers: { ...signed, 'content-type': 'application/json', 'user-agent': 'Sluice-Webhooks/1' },
      body,
      redirect: 'manual',
      signal: deadline,
    });
    await response.body?.cancel();
    return { status: response.status, error: response.ok ? null : `answered ${response.status}` };
  } catch {
    // Not the error's own text: it may name what lies behind the receiver.
    return { status: null, error: deadline.aborted ? `no answer within ${SEND_TIMEOUT_MS / 1000} s` : 'no connection' };
  }
}
