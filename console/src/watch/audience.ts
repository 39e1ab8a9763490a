/** How many have watched and are watching: what `GET /v/{link}/views` answers, and when to ask again. Pure. */

type Audience = { views: number; watching: number };

/** Numbers that are known, a call that went wrong and may go better, or one that nobody needs to repeat. */
export type Answer = { kind: 'known'; audience: Audience } | { kind: 'failed' } | { kind: 'refused' };

const POLL_MS = 1_000;
/**
 * Whoever has just come wants to see the own view counted; later the numbers are a side line, and a call each second
 * would cost the operator as much as the film does.
 */
const LATER_POLL_MS = 5_000;
export const LATER_AFTER_MS = 30_000;
/** A server in trouble is asked less and less, but seen to be well again within this. */
const POLL_MS_MAX = 10_000;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** 4xx is about the link, which stays as it is; only 408 and 429 are about the moment. */
export function answerOf(status: number, body: unknown): Answer {
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return { kind: 'refused' };
  }
  if (status !== 200 || typeof body !== 'object' || body === null || !('views' in body) || !('watching' in body)) {
    return { kind: 'failed' };
  }
  const { views, watching } = body;
  return isCount(views) && isCount(watching) ? { kind: 'known', audience: { views, watching } } : { kind: 'failed' };
}

export type Moment = {
  /** How many in a row, this answer included. */
  failures: number;
  /** Since the page was opened, or came into sight again. */
  seenMs: number;
};

/** Milliseconds until the next call; `null`: never. */
export function nextPollMs({ kind }: Answer, { failures, seenMs }: Moment): number | null {
  if (kind === 'refused') {
    return null;
  }
  const usualMs = seenMs < LATER_AFTER_MS ? POLL_MS : LATER_POLL_MS;
  return kind === 'known' ? usualMs : Math.min(POLL_MS_MAX, usualMs * 2 ** failures);
}
